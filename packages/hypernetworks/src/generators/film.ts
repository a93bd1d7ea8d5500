/** @file Feature-wise scales and shifts of the pre-activations, from a ReLU MLP: FiLM. */
import type { ParameterSetEntry } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { add, mul, reshape, type Tensor2D } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import { hiddenPairs } from './dense-pairs.ts';
import type { Generator, GeneratorDefinition, GeneratorSpec } from './generator.ts';
import { startOf } from './initial-values.ts';
import {
  fieldStart,
  type HeadSize,
  headEntries,
  headOutput,
  hiddenActivations,
  hiddenEntries,
  RELATIVE_DEVIATION,
} from './relu-heads.ts';

/** The JSON form of {@link film}. */
export interface FilmSpec extends GeneratorSpec {
  readonly kind: 'film';
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
}

/** The options of {@link film}. */
export interface FilmOptions {
  /** The width of each MLP's hidden layers; 256 if absent. */
  readonly hiddenFeatures?: number;
  /** The number of each MLP's hidden layers; 1 if absent. */
  readonly hiddenLayers?: number;
}

/**
 * Feature-wise linear modulation: h = s(gamma(z) (x W + b) + beta(z)) in every hidden layer, with shared weights.
 *
 * Perez et al. 2018, "FiLM", arXiv:1709.07871, section 2; for sines pi-GAN, arXiv:2012.00926, section 3.1. The
 * generated field is one of the same spec, with the scales in its weights: W' = W diag(gamma), b' = gamma b + beta.
 *
 * @throws RangeError when an option is out of its range; when a prior is made, if the field has no hidden layer
 */
export const film = (options: FilmOptions = {}): FilmSpec => {
  assertOptions('film', options, { hiddenFeatures: 1, hiddenLayers: 1 });
  const { hiddenFeatures = 256, hiddenLayers = 1 } = options;
  assertCount('film: hiddenFeatures', hiddenFeatures);
  assertCount('film: hiddenLayers', hiddenLayers);
  return { kind: 'film', hiddenFeatures, hiddenLayers };
};

/** The definition of {@link film}. */
export const filmDefinition: GeneratorDefinition<FilmSpec> = {
  kind: 'film',
  build(spec, { layout, latentFeatures }): Generator {
    const { hiddenFeatures, hiddenLayers } = film(optionsOf(spec));
    const pairs = hiddenPairs('film', layout);
    const heads = pairs.flatMap(({ layer, features, bias }) => [
      { name: `${layer}.gamma`, features, first: 1, deviation: () => RELATIVE_DEVIATION },
      { name: `${layer}.beta`, features, first: 0, deviation: fieldStart(bias).deviation },
    ]);
    const size: HeadSize = { latentFeatures, hiddenFeatures, hiddenLayers, count: heads.length };
    const entries: Record<string, ParameterSetEntry> = hiddenEntries(size);
    for (const entry of layout.entries) entries[`${entry.name}.shared`] = startOf(entry);
    for (const { name, features, first, deviation } of heads)
      Object.assign(
        entries,
        headEntries(name, size, features, { bias: () => new Float32Array(features).fill(first), deviation }),
      );
    const layers = new Map(pairs.map(({ layer }, index) => [layer, index]));
    return {
      entries,
      own: pairs.flatMap(({ layer }) => ['weight', 'bias'].map(role => ({ layer, role }))),
      generate: (parameters, latents) => {
        const hidden = hiddenActivations(size, parameters, latents);
        const outputs = heads.map(({ name }, index) => headOutput(name, parameters, hidden[index] as Tensor2D));
        return layout.entries.map(({ name, layer, role }) => {
          const shared = parameters.tensor(`${name}.shared`);
          const index = layers.get(layer);
          if (index === undefined || !['weight', 'bias'].includes(role)) return shared;
          const gamma = outputs[2 * index] as Tensor2D;
          if (role === 'bias') return add(mul(gamma, shared), outputs[2 * index + 1] as Tensor2D);
          return mul(reshape(gamma, [latents.shape[0], 1, -1]), shared);
        });
      },
    };
  },
};
