/** @file Shifts of the pre-activations by a linear map of the latent: functa's modulations. */
import type { ParameterSetEntry } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { add, matMul, type Tensor2D } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import { hiddenPairs } from './dense-pairs.ts';
import type { Generator, GeneratorDefinition, GeneratorSpec } from './generator.ts';
import { normalValues, startOf } from './initial-values.ts';

/** The JSON form of {@link shiftModulation}. */
export interface ShiftModulationSpec extends GeneratorSpec {
  readonly kind: 'shift-modulation';
  readonly scale: number;
}

/** The options of {@link shiftModulation}. */
export interface ShiftModulationOptions {
  /** The standard deviation of the initial shifts for latents of unit size, before the omega; 0.01 if absent. */
  readonly scale?: number;
}

/**
 * Shift modulations: h = s(x W + b + M z), with the weights W and biases b shared by all fields.
 *
 * A field differs from others by its biases alone, so all of them share their weights in one kernel call. Dupont et al.
 * 2022, "From data to functa", arXiv:2201.12204, section 3; COIN++, arXiv:2201.12904, section 3.
 *
 * @throws RangeError when the scale is not a positive number; when a prior is made, if the field has no hidden layer
 */
export const shiftModulation = (options: ShiftModulationOptions = {}): ShiftModulationSpec => {
  assertOptions('shiftModulation', options, { scale: 1 });
  const { scale = 0.01 } = options;
  assertPositive('shiftModulation: scale', scale);
  return { kind: 'shift-modulation', scale };
};

/** The definition of {@link shiftModulation}. */
export const shiftModulationDefinition: GeneratorDefinition<ShiftModulationSpec> = {
  kind: 'shift-modulation',
  build(spec, { layout, latentFeatures }): Generator {
    const { scale } = shiftModulation(optionsOf(spec));
    const pairs = hiddenPairs('shiftModulation', layout);
    const entries: Record<string, ParameterSetEntry> = {};
    for (const entry of layout.entries) entries[`${entry.name}.shared`] = startOf(entry);
    for (const { bias, features } of pairs)
      entries[`${bias.name}.shift`] = {
        shape: [latentFeatures, features],
        initialise: rng => normalValues(latentFeatures * features, scale / Math.sqrt(latentFeatures), rng),
      };
    const shifted = new Set(pairs.map(({ bias }) => bias.name));
    return {
      entries,
      own: pairs.map(({ layer }) => ({ layer, role: 'bias' })),
      generate: (parameters, latents) =>
        layout.entries.map(({ name }) => {
          const shared = parameters.tensor(`${name}.shared`);
          if (!shifted.has(name)) return shared;
          return add(shared, matMul(latents, parameters.tensor(`${name}.shift`) as Tensor2D));
        }),
    };
  },
};
