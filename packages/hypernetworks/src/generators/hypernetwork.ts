/** @file The hypernetwork of the SIREN paper: a ReLU MLP for each parameter tensor of the field. */
import type { ParameterEntry, ParameterSetEntry } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { reshape, type Tensor2D } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import type { Generator, GeneratorDefinition, GeneratorSpec } from './generator.ts';
import { uniformValues } from './initial-values.ts';
import {
  fieldStart,
  type HeadSize,
  type HeadStart,
  headEntries,
  headOutput,
  hiddenActivations,
  hiddenEntries,
  PAPER_DEVIATION,
} from './relu-heads.ts';

/** The parameters of the fields before any training. */
export type FieldStart = 'field' | 'paper';

/** The JSON form of {@link hypernetwork}. */
export interface HypernetworkSpec extends GeneratorSpec {
  readonly kind: 'hypernetwork';
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly start: FieldStart;
}

/** The options of {@link hypernetwork}. */
export interface HypernetworkOptions {
  /** The width of each MLP's hidden layers; 256 if absent. */
  readonly hiddenFeatures?: number;
  /** The number of each MLP's hidden layers; 1 if absent. */
  readonly hiddenLayers?: number;
  /**
   * How the heads start. `field` (if absent): the biases are one draw of the field's own initialisation, and latents of
   * unit size move each parameter by about a tenth of its size, so that the fields of all latents start as proper ones,
   * e.g. SIRENs. `paper`: as in the authors' code, Kaiming normal divided by 100, with biases U(-1/n, 1/n) where n is
   * the fan-in of the field's layer for its weights, and of the head for its biases.
   */
  readonly start?: FieldStart;
}

/**
 * A hypernetwork: theta_j = W_j relu(V_j z + c_j) + b_j, one ReLU MLP for each parameter tensor theta_j of the field.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.4 and supplement.
 *
 * @throws RangeError when an option is out of its range
 */
export const hypernetwork = (options: HypernetworkOptions = {}): HypernetworkSpec => {
  assertOptions('hypernetwork', options, { hiddenFeatures: 1, hiddenLayers: 1, start: 1 });
  const { hiddenFeatures = 256, hiddenLayers = 1, start = 'field' } = options;
  assertCount('hypernetwork: hiddenFeatures', hiddenFeatures);
  assertCount('hypernetwork: hiddenLayers', hiddenLayers);
  if (start !== 'field' && start !== 'paper')
    throw new RangeError(`hypernetwork: start must be 'field' or 'paper', got ${JSON.stringify(start)}`);
  return { kind: 'hypernetwork', hiddenFeatures, hiddenLayers, start };
};

/** The start of a head, as in the authors' code. */
const paperStart = ({ role, shape, size }: ParameterEntry, { hiddenFeatures }: HeadSize): HeadStart => ({
  bias: rng => uniformValues(size, 1 / (role === 'weight' ? (shape[0] as number) : hiddenFeatures), rng),
  deviation: () => PAPER_DEVIATION,
});

/** The definition of {@link hypernetwork}. */
export const hypernetworkDefinition: GeneratorDefinition<HypernetworkSpec> = {
  kind: 'hypernetwork',
  build(spec, { layout, latentFeatures }): Generator {
    const { hiddenFeatures, hiddenLayers, start } = hypernetwork(optionsOf(spec));
    const size: HeadSize = { latentFeatures, hiddenFeatures, hiddenLayers, count: layout.entries.length };
    const heads = layout.entries.map(entry =>
      headEntries(entry.name, size, entry.size, start === 'paper' ? paperStart(entry, size) : fieldStart(entry)),
    );
    return {
      entries: Object.assign(hiddenEntries(size), ...heads) as Record<string, ParameterSetEntry>,
      generate: (parameters, latents) => {
        const hidden = hiddenActivations(size, parameters, latents);
        return layout.entries.map(({ name, shape }, index) =>
          reshape(headOutput(name, parameters, hidden[index] as Tensor2D), [latents.shape[0], ...shape]),
        );
      },
    };
  },
};
