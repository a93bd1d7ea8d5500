import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeGpuBundle } from '../lib/gpu-bundle.mjs';

// What somebody gets who unpacks out/gpu-bundle.tar.xz on another machine: the folder is made, moved to where nothing
// of this repository is around it, and used with a PATH on which there is no program at all.

const home = realpathSync(mkdtempSync(join(tmpdir(), 'neural-fields-gpu-bundle-')));
const bundle = join(home, 'unpacked');
const work = join(home, 'work');

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Finished => {
  const options = { cwd: work, env: { PATH: join(home, 'nothing'), ...env }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(join(bundle, 'run'), args, options);
  return { code: status, stdout, stderr };
};

/** As {@link run}, for what has to go well. */
const printed = (args: readonly string[], env?: Readonly<Record<string, string>>): string => {
  const { code, stdout, stderr } = run(args, env);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with code ${code}\n${stdout}${stderr}`);
  return stdout;
};

const tiny = ['--networks', 'siren', '--size', '16', '--steps', '3', '--hidden-features', '8', '--quiet'];

interface Results {
  readonly backend: { readonly name: string };
  readonly tables: readonly { readonly rows: readonly { readonly cells: readonly number[] }[] }[];
}

const resultsOf = (folder: string, experiment: string): Results =>
  JSON.parse(readFileSync(join(work, folder, experiment, 'results.json'), 'utf8')) as Results;

beforeAll(async () => {
  await makeGpuBundle(join(home, 'made'));
  renameSync(join(home, 'made'), bundle);
  mkdirSync(work);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('no link leads out of the folder, or nowhere', () => {
  const links = readdirSync(bundle, { recursive: true, withFileTypes: true }).filter(entry => entry.isSymbolicLink());
  expect(links.length).toBeGreaterThan(20);
  for (const { parentPath, name } of links) expect(realpathSync(join(parentPath, name))).toContain(bundle + sep);
});

test('it says what can be run, and all of that is there', () => {
  const list = printed([]);
  const programs = new Set([...list.matchAll(/\brun ([a-z][\w.-]+)/g)].map(([, program]) => program as string));
  expect([...programs].sort()).toEqual(['bench', 'half-precision.mjs', 'neural-fields', 'parity.mjs', 'steps.mjs']);
  expect(printed(['neural-fields', '--help'])).toContain('reproduce');
  expect(printed(['bench', 'speed', '--help'])).toMatch(/--profile <name>[^-]*\bgpu\b/);
  expect(printed(['bench', 'gpu', '--help'])).toContain('--emulated');
});

test('it ends with the code of the program', () => {
  expect(run(['neural-fields', 'info', 'missing.safetensors'])).toMatchObject({ code: 1, stdout: '' });
  expect(run(['neural-fields', 'info']).code).toBe(2);
  expect(run(['node']).code).toBe(2);
});

describe('without a graphics card', () => {
  test('every experiment on SIREN has its data, and its fields and pictures can be read', () => {
    const experiments = printed(['neural-fields', 'reproduce', 'list'])
      .split('\n')
      .flatMap(line => /^siren-\S+/.exec(line) ?? []);
    expect(experiments.length).toBeGreaterThan(10);
    printed(['neural-fields', 'reproduce', ...experiments, ...tiny, '--backend', 'simd', '-o', 'simd']);
    for (const experiment of experiments) expect(resultsOf('simd', experiment).backend.name).toBe('simd');
    expect(readFileSync(join(work, 'simd/index.html'), 'utf8')).toContain('<svg');
    expect(printed(['neural-fields', 'info', 'simd/siren-image/fits/siren.safetensors'])).toContain(
      'an image of 16 x 16 pixels',
    );
    const fit = ['neural-fields', 'fit', 'simd/siren-image/picture.png', '-o', 'picture.safetensors'];
    printed([...fit, '--steps', '2', '--hidden-features', '8', '--backend', 'wasm', '--quiet']);
    expect(existsSync(join(work, 'picture.safetensors'))).toBe(true);
  });

  test('the dragon is there, which is no part of the published program', () => {
    printed([
      'neural-fields',
      'reproduce',
      'siren-sdf',
      '--profile',
      'paper',
      ...tiny,
      '--backend',
      'simd',
      '-o',
      'paper',
    ]);
    expect(JSON.stringify(resultsOf('paper', 'siren-sdf'))).toContain('the dragon');
  });

  test('the bench measures', () => {
    const size = ['--widths', '16', '--points', '64', '--supervisions', 'value', '--rounds', '1'];
    expect(printed(['bench', '--peers', 'simd,wasm,jax-js', ...size, '--quiet', '--output', 'bench'])).toMatch(
      /speed-up .* x over wasm, .* x over jax-js/,
    );
  });
});

describe('on a graphics card', () => {
  const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
  /** Debian's chromium brings a graphics card in software. */
  const missing = existsSync(driver) ? undefined : `needs ${driver}`;
  if (missing && process.env['CI']) throw new Error(`these tests must run where CI is set: ${missing}`);
  const env = { VK_ICD_FILENAMES: driver };

  test('an experiment gives what it gives without one', context => {
    if (missing) return context.skip(missing);
    const cells = (backend: string): readonly number[] => {
      printed(
        ['neural-fields', 'reproduce', 'siren-image', ...tiny, '--backend', backend, '-o', `image-${backend}`],
        env,
      );
      const { tables, backend: taken } = resultsOf(`image-${backend}`, 'siren-image');
      expect(taken.name).toBe(backend);
      return tables[0]?.rows[0]?.cells ?? [];
    };
    const [onGpu, onSimd] = [cells('webgpu'), cells('simd')];
    expect(onGpu).toHaveLength(3);
    for (const [i, value] of onGpu.entries()) expect(value).toBeCloseTo(onSimd[i] as number, 3);
  });

  test('the time of a step is measured', context => {
    if (missing) return context.skip(missing);
    expect(printed(['steps.mjs', '64', '2', '16'], env)).toMatch(
      /64 points a step, 2 steps, width 16.*\nvalue .*\ngradient .*\nlaplacian .* ms/,
    );
  });
});
