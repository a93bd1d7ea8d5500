/** @file Several ReLU MLPs of one latent, with one head each, evaluated together. */
import type { ParameterEntry, ParameterSetEntry, Rng } from '@neural-fields/core';
import {
  add,
  matMul,
  relu,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
  unstack,
} from '@tensorflow/tfjs-core';
import type { GeneratorParameters } from './generator.ts';
import { kaiming, normalValues, uniformValues } from './initial-values.ts';

/** The size of each MLP. */
export interface HeadSize {
  /** L */
  readonly latentFeatures: number;
  /** H, the width of its hidden layers. */
  readonly hiddenFeatures: number;
  /** The number of its hidden layers. */
  readonly hiddenLayers: number;
  /** T, the number of MLPs. */
  readonly count: number;
}

/**
 * The hidden layers of T separate MLPs, as stacks of matrices: `hidden.0.weight` f32[L, T H], then `hidden.<i>.weight`
 * f32[T, H, H]. Kaiming's initialisation, and PyTorch's biases.
 */
export const hiddenEntries = ({
  latentFeatures,
  hiddenFeatures,
  hiddenLayers,
  count,
}: HeadSize): Record<string, ParameterSetEntry> => {
  const entries: Record<string, ParameterSetEntry> = {};
  for (let i = 0; i < hiddenLayers; i++) {
    const fanIn = i === 0 ? latentFeatures : hiddenFeatures;
    const size = count * hiddenFeatures;
    entries[`hidden.${i}.weight`] = {
      shape: i === 0 ? [latentFeatures, size] : [count, hiddenFeatures, hiddenFeatures],
      initialise: rng => normalValues(fanIn * size, kaiming(fanIn), rng),
    };
    entries[`hidden.${i}.bias`] = {
      shape: [count, 1, hiddenFeatures],
      initialise: rng => uniformValues(size, 1 / Math.sqrt(fanIn), rng),
    };
  }
  return entries;
};

/**
 * The last hidden activations of all MLPs, each `f32[b, H]`.
 *
 * @param latents `f32[b, L]`
 */
export const hiddenActivations = (
  { hiddenFeatures, hiddenLayers, count }: HeadSize,
  parameters: GeneratorParameters,
  latents: Tensor2D,
): Tensor2D[] =>
  tidy(() => {
    const [b] = latents.shape;
    const bias = (i: number): Tensor => parameters.tensor(`hidden.${i}.bias`);
    const first = matMul(latents, parameters.tensor('hidden.0.weight') as Tensor2D);
    let h = relu(add(transpose(reshape(first, [b, count, hiddenFeatures]), [1, 0, 2]), bias(0))) as Tensor3D;
    for (let i = 1; i < hiddenLayers; i++)
      h = relu(add(matMul(h, parameters.tensor(`hidden.${i}.weight`) as Tensor3D), bias(i))) as Tensor3D;
    // The gradient of tfjs's unstack fails for a single part.
    return count === 1 ? [reshape(h, [b, hiddenFeatures])] : (unstack(h) as Tensor2D[]);
  });

/** How a head starts. */
export interface HeadStart {
  readonly bias: NonNullable<ParameterSetEntry['initialise']>;
  /** The standard deviation of the outputs around the bias, for hidden activations of unit size. */
  deviation(rng: Rng): number;
}

/** The head of an MLP: `<name>.weight` f32[H, size] and `<name>.bias` f32[size]. */
export const headEntries = (
  name: string,
  { hiddenFeatures }: HeadSize,
  size: number,
  { bias, deviation }: HeadStart,
): Record<string, ParameterSetEntry> => ({
  [`${name}.weight`]: {
    shape: [hiddenFeatures, size],
    initialise: rng => normalValues(hiddenFeatures * size, kaiming(hiddenFeatures) * deviation(rng.fork('scale')), rng),
  },
  [`${name}.bias`]: { shape: [size], initialise: bias },
});

/**
 * The factor on Kaiming's initialisation of a head in the authors' code, `hyper_weight_init`: Sitzmann et al. 2020,
 * arXiv:2006.09661.
 */
export const PAPER_DEVIATION = 0.01;

/** The same, relative to what the head makes: fields of latents of unit size start within a tenth of the common one. */
export const RELATIVE_DEVIATION = 0.1;

/** A head that makes a parameter of the field, starting from a draw of the field's own initialisation. */
export const fieldStart = (entry: ParameterEntry): HeadStart => ({
  bias: rng => entry.initialise(rng),
  deviation: rng => {
    const values = entry.initialise(rng);
    const size = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    return size > 0 ? RELATIVE_DEVIATION * size : PAPER_DEVIATION;
  },
});

/** The output of a head: `f32[b, size]`. */
export const headOutput = (name: string, parameters: GeneratorParameters, hidden: Tensor2D): Tensor2D =>
  add(matMul(hidden, parameters.tensor(`${name}.weight`) as Tensor2D), parameters.tensor(`${name}.bias`));
