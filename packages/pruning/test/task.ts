/** @file A small signal to fit, and a field that was fitted to it. */
import {
  adam,
  cosine,
  createField,
  type Field,
  fit,
  type PointSource,
  pointwiseLoss,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { tensor2d, tidy } from '@tensorflow/tfjs-core';

const SIDE = 16;

const coords = Float32Array.from(
  { length: 2 * SIDE * SIDE },
  (_, i) => (2 * ((i % 2 === 0 ? Math.floor(i / 2 / SIDE) : (i - 1) / 2) % SIDE)) / (SIDE - 1) - 1,
);
const value = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [y, x] = [coords[2 * i] as number, coords[2 * i + 1] as number];
  return 0.5 * Math.sin(3 * x + y) + 0.3 * Math.cos(5 * y * x) + (x > 0.2 ? 0.2 : 0);
});

/** All points of the signal. */
export const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: SIDE * SIDE,
  fixed: true,
  draw: (start, count) => ({
    coords: coords.slice(2 * start, 2 * (start + count)),
    targets: { value: value.slice(start, start + count) },
  }),
};

/** The mean squared error at the samples. */
export const task: readonly Term[] = [
  term({ points, loss: pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared }) }),
];

/** The loss of a field. */
export const lossOf = async (field: Field): Promise<number> => {
  const output = tidy(() => field.evaluate(tensor2d(coords, [SIDE * SIDE, 2])));
  const values = await output.data();
  output.dispose();
  return value.reduce((sum, wanted, i) => sum + (wanted - (values[i] as number)) ** 2, 0) / value.length;
};

/** A SIREN of 24 units a layer after some steps. */
export const fittedField = async (steps = 150): Promise<Field> => {
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 24, hiddenLayers: 1, omega0: 6, omegaHidden: 6 });
  const field = createField(spec, { seed: 1 });
  const options = { steps, optimizer: adam({ learningRate: 5e-3 }), schedule: cosine(), reportEvery: steps };
  for await (const _ of fit(field, task, options));
  return field;
};
