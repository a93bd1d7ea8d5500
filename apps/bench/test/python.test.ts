import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pythonFile } from '../src/files.ts';
import { peerDefinitions } from '../src/speed/peers.ts';
import { setUpPython } from '../src/speed/python.ts';
import { runSpeed } from '../src/speed/run-speed.ts';

const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-bench-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

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
  await expect(setUpPython(optionsFor(emptyFolder()))).rejects.toThrow(/^there is no python3? here$/);
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
test('PyTorch and JAX agree with the reference', { timeout: 300_000 }, async context => {
  const missing = ['pytorch', 'jax'].find(name => !existsSync(join(installed, name, 'installed.txt')));
  if (missing !== undefined) return context.skip(`needs ${missing}, which \`npm run bench\` puts into out/bench-python`);
  const output = emptyFolder();
  const { results, disagreements } = await runSpeed({
    ...{ widths: [8], points: [100], supervisions: ['laplacian'], rounds: 1, stepLimit: 60, output, command: '' },
    peers: peerDefinitions.filter(({ name }) => /^(pytorch|jax)(-whole)?$/.test(name)),
    pythonFolder: installed,
    signal: new AbortController().signal,
    progress: { advance: () => undefined, log: () => undefined, stop: () => undefined },
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
