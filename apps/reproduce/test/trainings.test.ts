import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFieldData } from '@neural-fields/core/files';
import { type PeriodicSpec, periodicExtensions } from '@neural-fields/periodic-init';
import { emptyFolder } from '@neural-fields/testing/programs';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { tunerAddPrune } from '../src/experiments/tuner-add-prune.ts';
import { tunerLearnedBounds } from '../src/experiments/tuner-learned-bounds.ts';
import { tunerPruning } from '../src/experiments/tuner-pruning.ts';
import { reproduce } from './toy.ts';

interface Row {
  readonly name: string;
  readonly cells: readonly string[];
}

const small = { size: { longest: 10 }, steps: 15, hiddenFeatures: 20 };

test('pruned networks have the size of the small one, every step is in the curve, and a finished one is not run again', async () => {
  const folder = emptyFolder();
  const given = { ...small, folder, networks: ['l1', 'random', 'scratch', 'whole'] };
  const before = memory().numTensors;
  await reproduce([tunerPruning], given);
  expect(memory().numTensors).toBe(before);
  const path = (name: string): string => join(folder, 'tuner-pruning', name);
  const result = JSON.parse(readFileSync(path('results.json'), 'utf8'));
  const rows = (result.tables[1].rows as readonly Row[]).map(({ name, cells }) => [name, Number(cells[0])] as const);
  const parameters = Object.fromEntries(rows);
  expect(parameters['pruned by outgoing norm, L1']).toBe(parameters['small from the beginning']);
  expect(parameters['pruned at random']).toBe(parameters['small from the beginning']);
  expect(parameters['not pruned']).toBeGreaterThan(3 * (parameters['small from the beginning'] as number));
  const steps = readFileSync(path('fits/l1.curve.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).step);
  expect(steps).toEqual([...steps.keys()].map(i => i + 1));
  const bytes = readFileSync(path('fits/l1.safetensors'));
  const { spec } = decodeFieldData(bytes, periodicExtensions);
  expect(spec.layers[0]).toMatchObject({ frequencies: { length: 4 } });
  const again = await reproduce([tunerPruning], given);
  expect(again.logs).toContain('4 fits of 4 are finished already');
  expect(readFileSync(path('fits/l1.safetensors')).equals(bytes)).toBe(true);
});

test('exchanged frequencies are not the first ones, and the final ones from the beginning are the same', async () => {
  const folder = emptyFolder();
  await reproduce([tunerAddPrune], { ...small, folder });
  const frequencies = (name: string): string[] => {
    const file = readFileSync(join(folder, 'tuner-add-prune', 'fits', `${name}.safetensors`));
    const { frequencies: found } = decodeFieldData(file, periodicExtensions).spec.layers[0] as PeriodicSpec;
    return found.map(frequency => frequency.join(' ')).sort();
  };
  expect(frequencies('exchanged')).toEqual(frequencies('final'));
  expect(frequencies('exchanged')).not.toEqual(frequencies('first'));
  expect(frequencies('exchanged')).toHaveLength(10);
});

test('learned bounds end as an ordinary field of the same spec', async () => {
  const folder = emptyFolder();
  await reproduce([tunerLearnedBounds], { ...small, folder });
  const [learned, free] = ['learned', 'free'].map(name =>
    decodeFieldData(
      readFileSync(join(folder, 'tuner-learned-bounds', 'fits', `${name}.safetensors`)),
      periodicExtensions,
    ),
  );
  expect(learned?.spec).toEqual(free?.spec);
  expect(learned?.parameters.get('layers.1.weight')).not.toEqual(free?.parameters.get('layers.1.weight'));
});
