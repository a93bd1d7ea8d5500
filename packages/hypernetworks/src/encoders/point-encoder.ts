/** @file PointNet with residual blocks, for point clouds. */
import { createParameters, type ParameterSetEntry } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import {
  add,
  broadcastTo,
  concat,
  matMul,
  max,
  relu,
  reshape,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import { uniformValues } from '../generators/initial-values.ts';
import { optionsOf } from '../spec-options.ts';
import { contextInputs, inputTensor } from './context-rows.ts';
import type { Encoder, EncoderDefinition, EncoderParameters, EncoderSpec } from './encoder.ts';

/** The JSON form of {@link pointEncoder}. */
export interface PointEncoderSpec extends EncoderSpec {
  readonly kind: 'point-encoder';
  readonly hiddenFeatures: number;
  readonly blocks: number;
}

/** The options of {@link pointEncoder}. */
export interface PointEncoderOptions {
  /** h, the width of the residual blocks' outputs; 128 if absent. */
  readonly hiddenFeatures?: number;
  /** The number of residual blocks; 5 if absent. */
  readonly blocks?: number;
}

/**
 * PointNet with residual blocks: a linear map of each (coordinates, value) row to 2 h features, then blocks
 * 2 h -> h, between which each point gets the maximum over all points beside its own features; a latent from the last
 * maximum. It takes any number of points in any order.
 *
 * Mescheder et al. 2019, "Occupancy networks", arXiv:1812.03828, supplement section 1 (ResnetPointnet in the authors'
 * code), after Qi et al. 2017, "PointNet", arXiv:1612.00593.
 *
 * @throws RangeError when an option is out of its range
 */
export const pointEncoder = (options: PointEncoderOptions = {}): PointEncoderSpec => {
  assertOptions('pointEncoder', options, { hiddenFeatures: 1, blocks: 1 });
  const { hiddenFeatures = 128, blocks = 5 } = options;
  assertCount('pointEncoder: hiddenFeatures', hiddenFeatures);
  assertCount('pointEncoder: blocks', blocks);
  return { kind: 'point-encoder', hiddenFeatures, blocks };
};

/** Below every feature: what padding counts in a maximum. */
const LOWEST = 1e30;

/** PyTorch's initialisation of a linear layer. */
const linearEntries = (name: string, fanIn: number, out: number): Record<string, ParameterSetEntry> => ({
  [`${name}.weight`]: {
    shape: [fanIn, out],
    initialise: rng => uniformValues(fanIn * out, 1 / Math.sqrt(fanIn), rng),
  },
  [`${name}.bias`]: { shape: [out], initialise: rng => uniformValues(out, 1 / Math.sqrt(fanIn), rng) },
});

const linear = ({ tensor }: EncoderParameters, name: string, x: Tensor2D): Tensor2D =>
  add(matMul(x, tensor(`${name}.weight`) as Tensor2D), tensor(`${name}.bias`));

/** x S + W1 relu(W0 relu(x)): a residual block that halves the features. */
const residualBlock = (parameters: EncoderParameters, name: string, x: Tensor2D): Tensor2D => {
  const inner = relu(linear(parameters, `${name}.first`, relu(x)));
  return add(matMul(x, parameters.tensor(`${name}.shortcut`) as Tensor2D), linear(parameters, `${name}.second`, inner));
};

/** The definition of {@link pointEncoder}. */
export const pointEncoderDefinition: EncoderDefinition<PointEncoderSpec> = {
  kind: 'point-encoder',
  build(spec, context): Encoder {
    const { hiddenFeatures: h, blocks } = pointEncoder(optionsOf(spec));
    const { inFeatures, outFeatures, latentFeatures } = context;
    const entries: Record<string, ParameterSetEntry> = {
      ...linearEntries('input', inFeatures + outFeatures, 2 * h),
      ...linearEntries('output', h, latentFeatures),
    };
    for (let i = 0; i < blocks; i++) {
      const name = `blocks.${i}`;
      Object.assign(entries, linearEntries(`${name}.first`, 2 * h, h));
      // The second layer starts at 0, as in the authors' code: each block starts as its shortcut.
      entries[`${name}.second.weight`] = { shape: [h, h] };
      entries[`${name}.second.bias`] = { shape: [h] };
      entries[`${name}.shortcut`] = {
        shape: [2 * h, h],
        initialise: rng => uniformValues(2 * h * h, 1 / Math.sqrt(2 * h), rng),
      };
    }
    return {
      create: values => createParameters(entries, values),
      observe: observations => contextInputs('point-encoder', observations, context),
      encode: (parameters, inputs) =>
        tidy(() => {
          const points = inputTensor('point-encoder', inputs, 'context');
          const [b, k, width] = points.shape as [number, number, number];
          const padding = inputs['shares']?.data.map(share => (share > 0 ? 0 : LOWEST)) ?? new Float32Array(b * k);
          const lowered = inputTensor('point-encoder', { padding: { shape: [b, k, 1], data: padding } }, 'padding');
          const pooled = (x: Tensor2D): Tensor => max(sub(reshape(x, [b, k, h]), lowered), 1, true);
          let x = linear(parameters, 'input', reshape(points, [b * k, width]));
          for (let i = 0; i < blocks; i++) {
            const own = residualBlock(parameters, `blocks.${i}`, x);
            if (i === blocks - 1) return linear(parameters, 'output', relu(reshape(pooled(own), [b, h])));
            const all = broadcastTo(pooled(own), [b, k, h]) as Tensor3D;
            x = reshape(concat([reshape(own, [b, k, h]), all], 2), [b * k, 2 * h]);
          }
          throw new RangeError('point-encoder: needs at least one block');
        }),
    };
  },
};
