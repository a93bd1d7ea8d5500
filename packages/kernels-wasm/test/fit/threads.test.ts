import {
  type CheckpointStore,
  createField,
  decodeCheckpoint,
  type FitOptions,
  fit,
  type PointLoss,
  type PointSource,
  siren,
  term,
} from '@neural-fields/core';
import { expectCloseInNorm } from '@neural-fields/testing';
import { squaredDifference, type Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { useSimd } from '../simd-backend.ts';

const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 700,
  fixed: false,
  draw: (_start, count, rng) => ({
    coords: Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1),
    targets: { value: Float32Array.from({ length: count }, () => rng.normal()) },
  }),
};
const loss: PointLoss = ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor);
const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 48, hiddenLayers: 2, omega0: 10 });

/** All parameters after some steps on a new backend with `threads` threads, as on another machine. */
const learn = async (threads: number, options: FitOptions): Promise<number[]> => {
  await useSimd({ threads });
  const field = createField(spec, { seed: 7 });
  for await (const _ of fit(field, [term({ points, loss })], options));
  const values = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  return values.flatMap(part => [...part]);
};

const storeOf = (start?: Uint8Array): CheckpointStore & { kept: Uint8Array | undefined } => ({
  kept: start,
  async read() {
    return this.kept;
  },
  async write(bytes) {
    this.kept = bytes;
  },
});

it('a resumed run is bitwise the same on as many threads, and warns that it differs by rounding on others', async () => {
  const steps = 6;
  const [one, two] = [await learn(1, { steps }), await learn(2, { steps })];
  expect(await learn(2, { steps })).toEqual(two);
  expect(two).not.toEqual(one);
  // Six steps with sums of 700 terms in a different order.
  expectCloseInNorm(two, one, { relative: 1e-4 });

  const half = storeOf();
  await learn(2, { steps: 3, checkpoint: { store: half } });
  expect(decodeCheckpoint(half.kept as Uint8Array).environment).toMatchObject({ backend: 'simd', threads: '2' });
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  expect(await learn(2, { steps, checkpoint: { store: storeOf(half.kept), onWarning } })).toEqual(two);
  expect(warnings).toEqual([]);
  const elsewhere = await learn(1, { steps, checkpoint: { store: storeOf(half.kept), onWarning } });
  expect(warnings).toEqual([
    'the checkpoint was written in another environment (threads 2, now 1): the results will differ by rounding from those of an uninterrupted run',
  ]);
  expect(elsewhere).not.toEqual(two);
  expectCloseInNorm(elsewhere, two, { relative: 1e-4 });
});
