import '@tensorflow/tfjs-backend-cpu';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { picture } from '@neural-fields/testing/small-files';
import { expect, test } from 'vitest';
import { tunerComparison } from '../src/experiments/tuner-comparison.ts';
import { reproduce } from './toy.ts';

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

test('networks are compared at their best rates, on every picture of a folder, seed by seed', async () => {
  const folder = emptyFolder();
  const images = join(folder, 'pictures');
  mkdirSync(images);
  writeFileSync(join(images, 'A b.png'), picture(10, 8));
  writeFileSync(join(images, 'c.png'), picture(8, 8));
  writeFileSync(join(images, 'notes.txt'), 'no picture');
  const given = { images, networks: ['siren', 'bounded'], size: { longest: 8 }, steps: 4, hiddenFeatures: 6 };
  const output = join(folder, 'out');
  await reproduce([tunerComparison], { ...given, folder: output, own: { seeds: 2, heldOutShare: 0.5 } });
  const result = JSON.parse(readFileSync(join(output, 'tuner-comparison', 'results.json'), 'utf8'));
  const [sweep, best, pairs] = result.tables as {
    readonly columns: readonly string[];
    readonly rows: readonly Row[];
  }[];
  expect(sweep?.columns).toEqual(['a-b', 'c']);
  // Each network has one best rate on each picture, that with the highest mean.
  for (const network of ['periodic, bounds 1 and 0.6', 'SIREN'])
    for (const column of [0, 1]) {
      const cells =
        sweep?.rows.filter(({ name }) => name.startsWith(`${network}, `)).map(({ cells }) => cells[column] as string) ??
        [];
      expect(cells).toHaveLength(6);
      const means = cells.map(cell => Number.parseFloat(cell));
      const chosen = cells.flatMap((cell, i) => (cell.endsWith('best') ? [i] : []));
      expect(chosen).toHaveLength(1);
      expect(means[chosen[0] as number]).toBe(Math.max(...means));
    }
  expect(best?.rows).toHaveLength(4);
  expect(pairs?.rows.map(({ name }) => name)).toEqual(['a-b', 'c'].map(name => `${name}, periodic, bounds 1 and 0.6`));
  for (const { cells } of pairs?.rows ?? []) expect(cells[1]).toMatch(/^[0-2] of 2$/);
  expect(result.fits).toHaveLength(2 * 2 * 6 * 2);
  // A rate on the command line is the only one.
  const one = await reproduce([tunerComparison], {
    ...given,
    folder: join(folder, 'one'),
    learningRate: 1e-3,
    own: { seeds: 1 },
  });
  expect(one.logs.find(line => line.startsWith('learning rates'))).toBe('learning rates 0.001, 1 seed: 4 fits');
});
