/** @file A linear classifier: one layer with a logit for each class, fitted by the cross-entropy of each. */
import { cosine, createField, type Field, fit, type PointSource, term } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { adamw } from '@neural-fields/core/optimizers';
import { binaryCrossEntropy } from '@neural-fields/losses';
import { tensor2d } from '@tensorflow/tfjs-core';

/** Features of examples. */
export interface Features {
  /** `f32[n, width]` */
  readonly data: Float32Array;
  readonly width: number;
}

/** The classes of examples from their features. */
export interface Classifier {
  classify(features: Features): Promise<number[]>;
  dispose(): void;
}

const STEPS = 400;
const EXAMPLES_PER_STEP = 256;
const LEARNING_RATE = 1e-2;
const WEIGHT_DECAY = 1e-2;

/** The mean and the standard deviation of each feature, 1 where it is constant. */
const standardiser = ({ data, width }: Features): ((features: Features) => Float32Array) => {
  const n = data.length / width;
  const [mean, square] = [new Float64Array(width), new Float64Array(width)];
  for (const [i, x] of data.entries()) mean[i % width] = (mean[i % width] as number) + x / n;
  for (const [i, x] of data.entries())
    square[i % width] = (square[i % width] as number) + (x - (mean[i % width] as number)) ** 2 / n;
  const deviation = square.map(variance => (variance > 0 ? Math.sqrt(variance) : 1));
  return features => features.data.map((x, i) => (x - (mean[i % width] as number)) / (deviation[i % width] as number));
};

/** Random examples in every step. */
const examples = (coords: Float32Array, width: number, targets: Float32Array, classes: number): PointSource => ({
  inFeatures: width,
  pointsPerStep: Math.min(EXAMPLES_PER_STEP, coords.length / width),
  fixed: false,
  draw: (_, count, rng) => {
    const some = { coords: new Float32Array(count * width), occupancy: new Float32Array(count * classes) };
    for (let i = 0; i < count; i++) {
      const at = rng.integer(coords.length / width);
      some.coords.set(coords.subarray(at * width, (at + 1) * width), i * width);
      some.occupancy.set(targets.subarray(at * classes, (at + 1) * classes), i * classes);
    }
    return { coords: some.coords, targets: { occupancy: some.occupancy } };
  },
});

/**
 * Fits a linear classifier to examples, with features of zero mean and unit variance: 400 steps of 256 random examples,
 * AdamW at 1e-2 with weight decay 1e-2, cosine.
 *
 * @param labels a class from 0 of each example
 */
export const fitClassifier = async (
  features: Features,
  labels: readonly number[],
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Classifier> => {
  const { width } = features;
  const classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  const standardise = standardiser(features);
  const targets = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) targets[i * classes + label] = 1;
  const layer: DenseSpec = {
    kind: 'dense',
    outFeatures: classes,
    activation: { kind: 'identity' },
    weightInitialiser: { kind: 'zeros' },
    biasInitialiser: { kind: 'zeros' },
  };
  const field: Field = createField({ inFeatures: width, layers: [layer] }, { seed });
  const points = examples(standardise(features), width, targets, classes);
  const optimizer = adamw({ learningRate: LEARNING_RATE, weightDecay: WEIGHT_DECAY });
  const settings = { steps: STEPS, reportEvery: 50, seed, optimizer, schedule: cosine(), signal };
  for await (const _ of fit(field, [term({ points, loss: binaryCrossEntropy() })], settings));
  return {
    classify: async others => {
      const coords = tensor2d(standardise(others), [others.data.length / width, width]);
      const tensor = field.evaluate(coords);
      const logits = Float32Array.from(await tensor.data());
      for (const each of [coords, tensor]) each.dispose();
      return Array.from({ length: logits.length / classes }, (_, i) => {
        const own = logits.subarray(i * classes, (i + 1) * classes);
        return own.reduce((best, logit, label) => (logit > (own[best] as number) ? label : best), 0);
      });
    },
    dispose: () => field.dispose(),
  };
};
