/** @file The known samples of several signals as one array of (coordinates, value) rows. */
import type { StepInput, StepInputs } from '@neural-fields/core';
import { reshape, type Tensor, type Tensor2D, type Tensor3D, tensor } from '@tensorflow/tfjs-core';
import type { EncoderContext, Observation } from './encoder.ts';

/** The inputs of an encoder of point sets. */
export interface ContextInputs extends StepInputs {
  /** `f32[b, k, inFeatures + outFeatures]`, with zeros behind the points of signals with fewer than k. */
  readonly context: StepInput;
  /** `f32[b, 1, k]`: the weight of each point in the mean over its signal's points, 0 behind them. */
  readonly shares: StepInput;
}

/**
 * Packs observations of any sizes.
 *
 * @throws RangeError when there is none, when one has no point, or when its arrays do not fit
 */
export const contextInputs = (
  what: string,
  observations: readonly Observation[],
  { inFeatures, outFeatures }: Pick<EncoderContext, 'inFeatures' | 'outFeatures'>,
): ContextInputs => {
  const counts = observations.map(({ coords, values }) => {
    const count = coords.length / inFeatures;
    if (!(Number.isInteger(count) && count >= 1 && values.length === count * outFeatures))
      throw new RangeError(
        `${what}: an observation must have coords [k, ${inFeatures}] and values [k, ${outFeatures}] of at least one ` +
          `point, got ${coords.length} and ${values.length} values`,
      );
    return count;
  });
  if (counts.length === 0) throw new RangeError(`${what}: needs at least one observation, got none`);
  const [most, width] = [Math.max(...counts), inFeatures + outFeatures];
  const context = new Float32Array(counts.length * most * width);
  const shares = new Float32Array(counts.length * most);
  for (const [b, { coords, values }] of observations.entries()) {
    const count = counts[b] as number;
    for (let i = 0; i < count; i++) {
      const row = b * most + i;
      context.set(coords.subarray(i * inFeatures, (i + 1) * inFeatures), row * width);
      context.set(values.subarray(i * outFeatures, (i + 1) * outFeatures), row * width + inFeatures);
      shares[row] = 1 / count;
    }
  }
  return {
    context: { shape: [counts.length, most, width], data: context },
    shares: { shape: [counts.length, 1, most], data: shares },
  };
};

/** An input as a tensor. @throws RangeError when it is absent */
export const inputTensor = (what: string, inputs: StepInputs, name: string): Tensor => {
  const input = inputs[name];
  if (input === undefined)
    throw new RangeError(
      `${what}: the points of a term must give the input '${name}', got ${Object.keys(inputs).join(', ') || 'none'}`,
    );
  return tensor(input.data, [...input.shape]);
};

/** The rows of all signals, `f32[b k, d + o]`, and the weight of each in the mean over its signal, `f32[b, 1, k]`. */
export const contextTensors = (
  what: string,
  inputs: StepInputs,
): { readonly rows: Tensor2D; readonly shares: Tensor3D } => {
  const context = inputTensor(what, inputs, 'context');
  const [b, k, width] = context.shape as [number, number, number];
  return {
    rows: reshape(context, [b * k, width]),
    shares: inputTensor(what, inputs, 'shares') as Tensor3D,
  };
};
