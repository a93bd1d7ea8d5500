/** @file Matrices of many fields, and models with parts. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  createFieldBatch,
  fit,
  type GradientOptimizer,
  type Model,
  pointwiseLoss,
  siren,
  term,
} from '../../src/index.ts';
import { muon, soap } from '../../src/optimizers.ts';

beforeAll(() => setBackend('cpu'));

const count = 3;
const n = 20;
const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 5, hiddenLayers: 2, omega0: 3, omegaHidden: 3 });
const x = Float32Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1));
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const sampleAt = (field: number, at: number): number => Math.sin((1 + field) * at);

/** Trains with the targets of some fields. @returns the parameters by name */
const train = async (
  model: Model,
  fields: readonly number[],
  optimizer: GradientOptimizer,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const draw = () => ({
    coords: Float32Array.from(fields.flatMap(() => [...x])),
    targets: { value: Float32Array.from(fields.flatMap(field => Array.from(x, at => sampleAt(field, at)))) },
  });
  const points = {
    inFeatures: 1,
    pointsPerStep: n,
    fixed: true,
    draw,
    ...(fields.length > 1 && { fields: fields.length }),
  };
  for await (const _ of fit(model, [term({ points, loss })], { steps: 4, optimizer }));
  const read = Object.entries(model.parameters).map(
    async ([name, values]) => [name, [...(await values.data())]] as const,
  );
  return new Map(await Promise.all(read));
};

describe.each([
  ['muon', muon({ learningRate: 1e-2 })],
  ['soap', soap({ learningRate: 1e-3, epsilon: 1e-3, renewEvery: 1 })],
] as const)('%s', (_, optimizer) => {
  it('trains each field of a batch as if it were alone, and leaks no tensors', async () => {
    const batch = createFieldBatch(spec, { count, seed: 1 });
    const alone = Array.from({ length: count }, (_, index) => batch.field(index));
    const { numTensors } = memory();
    const together = await train(batch, [0, 1, 2], optimizer);
    expect(memory().numTensors).toBe(numTensors);
    for (const [index, field] of alone.entries())
      for (const [name, values] of await train(field, [index], optimizer)) {
        const all = together.get(name) as readonly number[];
        const own = all.slice(index * values.length, (index + 1) * values.length);
        for (const [i, value] of own.entries()) expect(value, name).toBeCloseTo(values[i] as number, 4);
      }
    for (const field of [batch, ...alone]) field.dispose();
  });
});
