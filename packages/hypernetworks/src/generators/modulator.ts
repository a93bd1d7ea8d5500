/** @file A modulator network, whose activations scale those of the field's hidden layers. */
import type { ParameterSetEntry } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { add, concat, matMul, mul, relu, reshape, type Tensor2D } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import { hiddenPairs } from './dense-pairs.ts';
import type { Generator, GeneratorDefinition, GeneratorSpec } from './generator.ts';
import { kaiming, normalValues, startOf } from './initial-values.ts';

/** The JSON form of {@link modulator}. */
export interface ModulatorSpec extends GeneratorSpec {
  readonly kind: 'modulator';
  readonly scale: number;
}

/** The options of {@link modulator}. */
export interface ModulatorOptions {
  /** The factor on the modulator's initial weights; 0.1 if absent. Its biases start at 1, and so do the modulations. */
  readonly scale?: number;
}

/**
 * A modulator: h_i = a_i s(h_(i-1) W_i + b_i), with a_0 = relu(z V_0 + c_0) and a_i = relu([a_(i-1), z] V_i + c_i).
 *
 * Mehta et al. 2021, "Modulated periodic activations", arXiv:2104.03960, section 3; `Modulator` of
 * lucidrains/siren-pytorch. The generated field is one of the same spec: a_i scales the rows of the next weight.
 *
 * @throws RangeError when the scale is not a positive number; when a prior is made, if the field has no hidden layer or
 *   something between its dense layers
 */
export const modulator = (options: ModulatorOptions = {}): ModulatorSpec => {
  assertOptions('modulator', options, { scale: 1 });
  const { scale = 0.1 } = options;
  assertPositive('modulator: scale', scale);
  return { kind: 'modulator', scale };
};

/** The definition of {@link modulator}. */
export const modulatorDefinition: GeneratorDefinition<ModulatorSpec> = {
  kind: 'modulator',
  build(spec, { layout, latentFeatures }): Generator {
    const { scale } = modulator(optionsOf(spec));
    const pairs = hiddenPairs('modulator', layout);
    const weights = layout.select({ role: 'weight' }).filter(({ shape }) => shape.length === 2);
    const entries: Record<string, ParameterSetEntry> = {};
    for (const entry of layout.entries) entries[`${entry.name}.shared`] = startOf(entry);
    const next = new Map<string, number>();
    for (const [index, { layer, features }] of pairs.entries()) {
      const following = weights[index + 1];
      if (following?.shape[0] !== features)
        throw new RangeError(
          `modulator: the layer after ${layer} must have its ${features} features as inputs, got ${following?.shape[0]}`,
        );
      next.set(following.name, index);
      const fanIn = latentFeatures + (pairs[index - 1]?.features ?? 0);
      entries[`${layer}.modulator.weight`] = {
        shape: [fanIn, features],
        initialise: rng => normalValues(fanIn * features, scale * kaiming(fanIn), rng),
      };
      entries[`${layer}.modulator.bias`] = { shape: [features], initialise: () => new Float32Array(features).fill(1) };
    }
    return {
      entries,
      own: [...next.keys()].map(name => {
        const { layer, role } = layout.entry(name);
        return { layer, role };
      }),
      generate: (parameters, latents) => {
        const scales: Tensor2D[] = [];
        for (const { layer } of pairs) {
          const previous = scales.at(-1);
          const input = previous ? (concat([previous, latents], 1) as Tensor2D) : latents;
          const z = matMul(input, parameters.tensor(`${layer}.modulator.weight`) as Tensor2D);
          scales.push(relu(add(z, parameters.tensor(`${layer}.modulator.bias`))) as Tensor2D);
        }
        return layout.entries.map(({ name }) => {
          const shared = parameters.tensor(`${name}.shared`);
          const index = next.get(name);
          if (index === undefined) return shared;
          return mul(reshape(scales[index] as Tensor2D, [latents.shape[0], -1, 1]), shared);
        });
      },
    };
  },
};
