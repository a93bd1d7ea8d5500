/** @file A prior of pictures: trained on a folder, resumed, and used. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { decodeImage, encodeImage } from '@neural-fields/signals';
import { emptyFolder } from '@neural-fields/testing/programs';
import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { run } from './cli.ts';

const SIDE = 8;

/** Discs at random places, on black. */
const writeDiscs = async (folder: string, count: number): Promise<void> => {
  mkdirSync(folder);
  const rng = createRng(3);
  for (let k = 0; k < count; k++) {
    const [cy, cx] = [2 + 4 * rng.uniform(), 2 + 4 * rng.uniform()];
    const data = new Float32Array(SIDE * SIDE * 3);
    for (let i = 0; i < SIDE * SIDE; i++)
      data.fill(Math.hypot(Math.floor(i / SIDE) + 0.5 - cy, (i % SIDE) + 0.5 - cx) < 2 ? 1 : 0, 3 * i, 3 * i + 3);
    writeFileSync(join(folder, `${k}.png`), await encodeImage(ndarray(data, [SIDE, SIDE, 3]), { format: 'png' }));
  }
};

const events = (stdout: string): Readonly<Record<string, unknown>>[] =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));

const common = ['--backend', 'cpu', '--json'];
const train = ['prior', 'train', 'discs', '-o', 'p.safetensors', '--size', '8', '--channels', 'grey', '--batch', '4'];
const small = ['--latent-features', '8', '--hidden-features', '16'];

test('a prior is trained, and completes, samples and interpolates pictures', async () => {
  const cwd = emptyFolder();
  await writeDiscs(join(cwd, 'discs'), 12);
  const trained = await run([...train, ...small, '--steps', '30', '--learning-rate', '1e-3', ...common], { cwd });
  expect(trained.stderr).toBe('');
  expect(trained.code).toBe(0);
  const held = events(trained.stdout).filter(({ event }) => event === 'held-out');
  expect(held).toMatchObject([{ pixels: 10 }]);
  expect(held[0]?.['completion']).toBeGreaterThan(0);
  expect(existsSync(join(cwd, 'p.safetensors.checkpoint'))).toBe(false);

  const draw = async (name: string, args: readonly string[], pictures: number): Promise<void> => {
    const drawn = await run(['prior', name, 'p.safetensors', ...args, '-o', `${name}.png`, '--size', '16', ...common], {
      cwd,
    });
    expect(drawn.stderr).toBe('');
    expect(events(drawn.stdout).at(-1)).toMatchObject({ event: 'done', pictures });
    const { shape } = await decodeImage(readFileSync(join(cwd, `${name}.png`)));
    expect(shape).toEqual([16, 16 * pictures + 8 * (pictures - 1), 3]);
  };
  await draw('complete', ['discs/0.png', '--keep', '20'], 3);
  await draw('sample', ['--count', '4'], 4);
  await draw('interpolate', ['discs/0.png', 'discs/1.png', '--count', '3'], 3);

  const { stdout } = await run(['info', 'p.safetensors'], { cwd });
  expect(stdout).toMatch(
    /^p\.safetensors: a prior, [\d.]+ kB, [\d,]+ parameters\nrepresents {2}pictures of 8 x 8, grey\n/,
  );
  expect(stdout).toContain('latents     8 numbers\n');
  const [described] = events((await run(['info', 'p.safetensors', '--json'], { cwd })).stdout);
  expect(described).toMatchObject({ event: 'info', kind: 'prior', description: { latentFeatures: 8 } });
  const refused = await run(['render', 'p.safetensors', '-o', 'x.png'], { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("'p.safetensors' is not a field: it is a prior");
}, 120_000);

test('mistakes are explained', async () => {
  const cwd = emptyFolder();
  await writeDiscs(join(cwd, 'discs'), 3);
  const few = await run([...train, ...small, '--backend', 'cpu'], { cwd });
  expect(few.code).toBe(1);
  expect(few.stderr).toContain("'discs'");
  expect(few.stderr).toContain('at least 6 pictures');
  writeFileSync(join(cwd, 'no.safetensors'), 'nothing');
  const wrong = await run(['prior', 'sample', 'no.safetensors', '-o', 's.png', '--backend', 'cpu'], { cwd });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("cannot read the prior 'no.safetensors'");
}, 60_000);
