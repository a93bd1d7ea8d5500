/** @file Every experiment at a tiny size, through the same code as at its own. What it finds means nothing there. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { expect, onTestFinished, test } from 'vitest';
import { experiments } from '../src/experiments.ts';
import { encodeMatlab } from './matlab.ts';
import { reproduce } from './toy.ts';

const tiny = { backend: 'simd', size: { longest: 16 }, steps: 3, hiddenFeatures: 8 } as const;

const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-reproduce-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test.each(experiments.map(experiment => [experiment.id, experiment] as const))(
  '%s runs, and writes what it says',
  async (id, experiment) => {
    const folder = emptyFolder();
    const { warnings } = await reproduce([experiment], { ...tiny, folder });
    expect(warnings).toEqual([]);
    const results = JSON.parse(readFileSync(join(folder, id, 'results.json'), 'utf8'));
    expect(results.checks.length).toBeGreaterThan(0);
    expect(results.tables.length).toBeGreaterThan(0);
    expect(results.definitions.length).toBeGreaterThan(0);
    for (const { file } of [...results.pictures, ...results.plots, ...results.files])
      expect(existsSync(join(folder, id, file))).toBe(true);
    const { document } = parseHTML(readFileSync(join(folder, id, 'index.html'), 'utf8'));
    expect(document.querySelectorAll('img')).toHaveLength(results.pictures.length);
    expect(document.querySelectorAll('table').length).toBeGreaterThan(results.tables.length);
  },
);

test('all of them together end with the table of the paper, and every id is different', async () => {
  expect(new Set(experiments.map(({ id }) => id)).size).toBe(experiments.length);
  const poisson = experiments.filter(({ id }) => /^siren-poisson-(gradient|laplacian)$/.test(id));
  const folder = emptyFolder();
  const { results } = await reproduce(poisson, { ...tiny, folder });
  const text = results.join('\n');
  expect(text).toMatch(/tanh grad\. +tanh Lapl\. +ReLU P\.E\. grad\. +ReLU P\.E\. Lapl\. +SIREN grad\. +SIREN Lapl\./);
  expect(text).toMatch(/Reconstructed Laplacian( +-?\d+\.\d\d){6}/);
  expect(readFileSync(join(folder, 'index.html'), 'utf8')).toContain('Reconstructed gradient');
});

test("an inversion takes what a file's receivers observed, and says what it takes for the truth", async () => {
  const folder = emptyFolder();
  const data = join(emptyFolder(), 'observed.mat');
  const source = { shape: [1, 2], real: [0.1, -0.3] } as const;
  const receivers = { shape: [2, 2], real: [0.2, 0.4, -0.2, 0.4] } as const;
  const observed = { shape: [2, 1], real: [0.1, 0.2], imaginary: [0.3, 0.4] } as const;
  writeFileSync(data, encodeMatlab({ source, receivers, rec_val: observed }));
  const inversion = experiments.filter(({ id }) => id === 'siren-helmholtz-inversion');
  const small = { ...tiny, size: { longest: 8 }, networks: ['siren'], folder };
  const { logs } = await reproduce(inversion, { ...small, data });
  expect(logs.join('\n')).toMatch(
    /1 waves? with k = 20, observed by 2 receivers; around a disc of radius 0\.1 with m = 0\.25 .* differ from those of the file by/,
  );
  const results = JSON.parse(readFileSync(join(folder, 'siren-helmholtz-inversion', 'results.json'), 'utf8'));
  expect(results.definitions.join('\n')).toMatch(/The truth is not known for certain/);
  // A fit to another recording is another run.
  writeFileSync(data, encodeMatlab({ source, receivers, rec_val: { ...observed, real: [0.1, 0.3] } }));
  await expect(reproduce(inversion, { ...small, data })).rejects.toThrow(/another run|other/);
  await expect(reproduce(inversion, small)).rejects.toThrow(/another run|other/);
});
