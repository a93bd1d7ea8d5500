import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pythonFile } from '../src/files.ts';
import { supervisions } from '../src/protocol.ts';
import { PeerProcess } from '../src/speed/peer-process.ts';
import { type PeerDefinition, peerDefinitions } from '../src/speed/peers.ts';
import { writeProblems } from '../src/speed/problems.ts';
import { setUpPython } from '../src/speed/python.ts';
import type { SgemmRate } from '../src/speed/results.ts';
import { runSpeed } from '../src/speed/run-speed.ts';
import { bestSgemm, measureSgemm, mergeSgemm } from '../src/speed/sgemm.ts';
import { createVerifier } from '../src/speed/verifier.ts';
import { emptyFolder, silent } from './run-options.ts';

const optionsFor = (folder: string): Parameters<typeof setUpPython>[0] => ({
  ...{ folder, name: 'jax', requirements: pythonFile('requirements-jax.txt') },
  log: () => undefined,
  signal: new AbortController().signal,
});

test('an environment that has the requirements is used as it is', async () => {
  const folder = emptyFolder();
  mkdirSync(join(folder, 'jax'));
  writeFileSync(join(folder, 'jax', 'installed.txt'), readFileSync(pythonFile('requirements-jax.txt')));
  expect(await setUpPython(optionsFor(folder))).toMatch(/jax.(bin|Scripts).python/);
});

test('a machine without Python is told apart', async () => {
  vi.stubEnv('PATH', emptyFolder());
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await expect(setUpPython(optionsFor(emptyFolder()))).rejects.toThrow(/^python3? is not installed$/);
});

test('PyTorch and JAX are not installed for a card where there can be none', async () => {
  vi.stubEnv('PATH', emptyFolder());
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const cuda = peerDefinitions.filter(({ name }) => name.includes('cuda'));
  expect(cuda).toHaveLength(6);
  for (const peer of cuda) {
    const context = { hasPython: () => false, python: () => Promise.reject(new Error('must not be asked for')) };
    await expect(peer.command(context)).rejects.toThrow(/^no CUDA device: nvidia-smi/);
  }
});

test('requirements are exact', () => {
  for (const name of ['jax', 'pytorch'])
    for (const line of readFileSync(pythonFile(`requirements-${name}.txt`), 'utf8')
      .trim()
      .split('\n'))
      expect(line).toMatch(/^[\w-]+==\d+(\.\d+)+$/);
});

const installed = fileURLToPath(new URL('../../../out/bench-python', import.meta.url));

// Importing both and compiling every way takes JAX a while where the cores are taken.
test('PyTorch and JAX agree with the reference', { timeout: 900_000 }, async context => {
  const missing = ['pytorch', 'jax'].find(name => !existsSync(join(installed, name, 'installed.txt')));
  if (missing !== undefined)
    return context.skip(`needs ${missing}, which \`npm run bench\` puts into out/bench-python`);
  const output = emptyFolder();
  const { results, disagreements } = await runSpeed({
    ...{ widths: [8], points: [100], supervisions: ['laplacian'], rounds: 1, stepLimit: 60, output, command: '' },
    peers: peerDefinitions.filter(({ name }) => /^(pytorch|jax)(-whole)?$/.test(name)),
    pythonFolder: installed,
    signal: new AbortController().signal,
    progress: silent,
  });
  expect(results.map(({ peer, outcome }) => [peer, outcome.state])).toEqual([
    ['pytorch', 'measured'],
    ['pytorch-whole', 'measured'],
    ['jax', 'measured'],
  ]);
  for (const { gradient, loss } of disagreements) {
    expect(gradient).toBeLessThan(1e-4);
    expect(loss).toBeLessThan(1e-4);
  }
});

test('PyTorch and JAX count the matrix products of a step', { timeout: 300_000 }, async context => {
  const missing = ['pytorch', 'jax'].find(name => !existsSync(join(installed, name, 'installed.txt')));
  if (missing !== undefined)
    return context.skip(`needs ${missing}, which \`npm run bench\` puts into out/bench-python`);
  const problems = writeProblems(emptyFolder(), { widths: [32], points: 64, supervisions });
  const given = {
    hasPython: () => true,
    python: (name: string) =>
      setUpPython({ ...optionsFor(installed), name, requirements: pythonFile(`requirements-${name}.txt`) }),
  };
  // One forward and two backward; by reverse mode twice those of the value, for each of the two second derivatives
  // three.
  const expected = {
    pytorch: { value: ['', 3], gradient: ['reverse', 6], laplacian: ['reverse over reverse', 18] },
    jax: { value: ['', 3], gradient: ['reverse', 6] },
  } as const;
  for (const [name, cases] of Object.entries(expected)) {
    const definition = peerDefinitions.find(peer => peer.name === name)!;
    const peer = await PeerProcess.start(await definition.command(given), 120);
    onTestFinished(() => peer.dispose());
    for (const supervision of supervisions) {
      const [way, products] = (cases as Partial<Record<string, readonly [string, number]>>)[supervision] ?? [];
      if (way === undefined) continue;
      const problem = problems.problem(supervision, 32, 64);
      expect(await peer.prepare({ problem, memory: 2 ** 30, way }, 120)).toMatchObject({ way, products });
    }
  }
});

test('the rate of matrix products is measured for both libraries, sizes and numbers of threads', {
  timeout: 600_000,
}, async context => {
  if (!existsSync(join(installed, 'pytorch', 'installed.txt')))
    return context.skip('needs PyTorch, which `npm run bench` puts into out/bench-python');
  const requirements = pythonFile('requirements-pytorch.txt');
  const python = await setUpPython({ ...optionsFor(installed), name: 'pytorch', requirements });
  const rates = await measureSgemm(python, new AbortController().signal);
  expect(new Set(rates.map(({ threads }) => threads))).toEqual(new Set([1, availableParallelism()]));
  for (const library of ['numpy', 'PyTorch'])
    for (const threads of [1, availableParallelism()]) {
      const own = rates.filter(rate => rate.library.startsWith(library) && rate.threads === threads);
      expect(own.map(({ rows, inner, columns }) => [rows, inner, columns])).toEqual([
        [65_536, 256, 256],
        [256, 65_536, 256],
        [4096, 4096, 4096],
      ]);
      for (const { rate } of own) expect(rate).toBeGreaterThan(0);
    }
  const [first, ...others] = rates as [SgemmRate, ...SgemmRate[]];
  const merged = mergeSgemm(rates, [{ ...first, rate: 1e9 }]);
  expect(merged).toEqual([{ ...first, rate: 1e9 }, ...others]);
  expect(bestSgemm(merged)?.rate).toBe(1e9);
});

test('PyTorch, compiled, agrees with the reference with derivatives written out, and without a card there is no CUDA', {
  timeout: 900_000,
}, async context => {
  if (!existsSync(join(installed, 'pytorch', 'installed.txt')))
    return context.skip('needs PyTorch, which `npm run bench` puts into out/bench-python');
  const folder = emptyFolder();
  const given = {
    hasPython: () => true,
    python: () =>
      setUpPython({ ...optionsFor(installed), name: 'pytorch', requirements: pythonFile('requirements-pytorch.txt') }),
  };
  const definition = (name: string): PeerDefinition => peerDefinitions.find(peer => peer.name === name)!;
  const start = async (name: string): Promise<PeerProcess> =>
    PeerProcess.start(await definition(name).command(given), 120);
  const compiled = await start('pytorch-compiled');
  onTestFinished(() => compiled.dispose());
  const problems = writeProblems(folder, { widths: [8], points: 64, supervisions });
  const verifier = createVerifier(folder, problems);
  for (const supervision of ['gradient', 'laplacian'] as const) {
    const verdict = await verifier.verify(
      'pytorch-compiled',
      compiled,
      { supervision, width: 8, points: 64 },
      'written out',
    );
    expect(verdict.problem).toBeUndefined();
    expect(verdict.disagreement.gradient).toBeLessThan(1e-4);
    expect(verdict.disagreement.loss).toBeLessThan(1e-4);
  }
  const card = start('pytorch-cuda-compiled-tf32');
  // Where there is a card, it says so.
  const said = await card.then(
    process => {
      process.dispose();
      return process.description.device?.kind;
    },
    (error: Error) => error.message,
  );
  expect(said).toMatch(/^cuda$|^no CUDA device: this PyTorch/);
});
