import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { tunerKodak } from '../src/experiments/tuner-kodak.ts';
import { reproduce } from './toy.ts';

interface Row {
  readonly name: string;
  readonly cells: readonly number[];
}

test('the table has the mean over the pictures of every network, beside the published one', async () => {
  const folder = emptyFolder();
  await reproduce([tunerKodak], { folder, size: { longest: 10 }, steps: 4, hiddenFeatures: 6 });
  const { tables, checks } = JSON.parse(readFileSync(join(folder, 'tuner-kodak', 'results.json'), 'utf8'));
  const [means, each] = (tables as { readonly rows: readonly Row[] }[]).map(({ rows }) => rows) as [Row[], Row[]];
  expect(each).toHaveLength(3 * 3);
  expect(means.find(({ name }) => name === 'SIREN, published')?.cells).toEqual([34, 27.7, 32.9, 27.1]);
  const own = each.filter(({ name }) => name.endsWith(', SIREN')).map(({ cells }) => cells);
  for (const [i, mean] of (means.find(({ name }) => name === 'SIREN')?.cells ?? []).entries())
    expect(mean).toBeCloseTo(
      own.reduce((sum, cells) => sum + (cells[i] as number) / 3, 0),
      9,
    );
  expect(checks).toHaveLength(8);
});
