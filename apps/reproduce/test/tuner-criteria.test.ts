import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { tunerCriteria } from '../src/experiments/tuner-criteria.ts';
import { reproduce } from './toy.ts';

interface Row {
  readonly name: string;
  readonly cells: readonly (string | null)[];
}

test('criteria prune to the budget, and are compared with the small network seed by seed', async () => {
  const folder = emptyFolder();
  const before = memory().numTensors;
  const networks = ['outgoing', 'gradient', 'scratch', 'whole'];
  const small = { size: { longest: 10 }, steps: 15, hiddenFeatures: 16, hiddenLayers: 2 };
  await reproduce([tunerCriteria], { ...small, folder, networks, own: { seeds: 2, keptShare: 30 } });
  expect(memory().numTensors).toBe(before);
  const result = JSON.parse(readFileSync(join(folder, 'tuner-criteria', 'results.json'), 'utf8'));
  const [quality, size] = result.tables as { readonly rows: readonly Row[] }[];
  expect(result.fits).toHaveLength(4 * 2);
  const parameters = Object.fromEntries(size?.rows.map(({ name, cells }) => [name, Number(cells[0])]) ?? []);
  const whole = 2 * 16 + 16 + 2 * (16 * 16 + 16) + 16 + 1;
  expect(parameters['not pruned']).toBe(whole);
  for (const [name, count] of Object.entries(parameters)) {
    if (name === 'not pruned') continue;
    expect(count, name).toBeLessThanOrEqual(0.3 * whole);
    expect(count, name).toBeGreaterThan(0.2 * whole);
  }
  for (const { name, cells } of quality?.rows ?? []) {
    if (name === 'small from the beginning') expect(cells.slice(1, 3)).toEqual([null, null]);
    else expect(cells[2]).toMatch(/^[0-2] of 2$/);
  }
  expect(result.checks).toHaveLength(2);
}, 60_000);
