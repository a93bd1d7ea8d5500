/** @file Several ReLU MLPs of one latent, with one head each, evaluated together. */
import type { ParameterSetEntry } from '@neural-fields/core';
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

/** The head of an MLP: `<name>.weight` f32[H, size] and `<name>.bias` f32[size]. */
export const headEntries = (
  name: string,
  { hiddenFeatures }: HeadSize,
  size: number,
  bias: ParameterSetEntry['initialise'],
): Record<string, ParameterSetEntry> => ({
  [`${name}.weight`]: {
    shape: [hiddenFeatures, size],
    initialise: rng => normalValues(hiddenFeatures * size, kaiming(hiddenFeatures) * HEAD_SCALE, rng),
  },
  [`${name}.bias`]: { shape: [size], ...(bias && { initialise: bias }) },
});

/**
 * The factor on Kaiming's initialisation of a head, so that the fields of all latents start close to the head's bias:
 * Sitzmann et al. 2020, arXiv:2006.09661, `hyper_weight_init` in the authors' code.
 */
export const HEAD_SCALE = 0.01;

/** The output of a head: `f32[b, size]`. */
export const headOutput = (name: string, parameters: GeneratorParameters, hidden: Tensor2D): Tensor2D =>
  add(matMul(hidden, parameters.tensor(`${name}.weight`) as Tensor2D), parameters.tensor(`${name}.bias`));
