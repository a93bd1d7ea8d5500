/** @file What the inner steps of meta-learning change: all parameters of a field, or modulations of shared ones. */
import type { ParameterLayout, ParameterQuery, ParameterSetEntry } from '@neural-fields/core';
import type { BatchNetwork } from '@neural-fields/core/kernels';
import {
  add,
  addN,
  broadcastTo,
  concat1d,
  matMul,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  zeros,
} from '@tensorflow/tfjs-core';
import { hiddenPairs } from '../generators/dense-pairs.ts';
import { normalValues } from '../generators/initial-values.ts';

/** The learned values that an adaptation starts from. */
export interface AdaptationStart {
  /** `f32[P]`: the parameters of the start. */
  readonly flat: Tensor1D;
  /** Its own parameters, by name. */
  tensor(name: string): Tensor;
}

/** What inner steps change. Its state is a tensor; all functions are differentiable tfjs ops. */
export interface Adaptation {
  /** The parameters that the fields do not share; all if absent. */
  readonly own?: readonly ParameterQuery[];
  /** Its own trained parameters. */
  readonly entries: Readonly<Record<string, ParameterSetEntry>>;
  /** The number of rates, one for each adapted parameter of a field. */
  readonly rates: number;
  /** The state of b fields before the first step. */
  begin(start: AdaptationStart, count: number): Tensor;
  /** Rates `f32[rates]` in a shape that multiplies the state. */
  spread(rates: Tensor1D, count: number): Tensor;
  /** The fields' parameters: `f32[P]` in the order of a batch. */
  fields(state: Tensor, start: AdaptationStart): Tensor1D;
  /** The gradient with respect to the state, from that with respect to the fields' parameters. */
  pullBack(gradient: Tensor1D, start: AdaptationStart, network: BatchNetwork): Tensor;
}

/** The parameters of b equal fields. */
const repeated = (layout: ParameterLayout, flat: Tensor1D, count: number): Tensor1D =>
  concat1d(
    layout
      .split(flat)
      .map(part => reshape(broadcastTo(reshape(part, [1, part.size]), [count, part.size]), [-1]) as Tensor1D),
  );

/** Inner steps on all parameters: MAML. */
export const parameterAdaptation = (layout: ParameterLayout): Adaptation => ({
  entries: {},
  rates: layout.size,
  begin: ({ flat }, count) => repeated(layout, flat, count),
  spread: (rates, count) => repeated(layout, rates, count),
  fields: state => state as Tensor1D,
  pullBack: gradient => gradient,
});

/** The standard deviation of the initial shifts for modulations of unit size. */
const SHIFT_DEVIATION = 0.1;

/**
 * Inner steps on a latent, which shifts the pre-activations linearly: functa. All else is shared.
 *
 * Dupont et al. 2022, "From data to functa", arXiv:2201.12204, section 3.
 */
export const modulationAdaptation = (layout: ParameterLayout, latentFeatures: number): Adaptation => {
  const pairs = hiddenPairs('createMetaLearner', layout);
  const entries: Record<string, ParameterSetEntry> = {};
  for (const { bias, features } of pairs)
    entries[`${bias.name}.shift`] = {
      shape: [latentFeatures, features],
      initialise: rng => normalValues(latentFeatures * features, SHIFT_DEVIATION / Math.sqrt(latentFeatures), rng),
    };
  const shifted = new Set(pairs.map(({ bias }) => bias.name));
  const shiftOf = (name: string, { tensor }: AdaptationStart): Tensor2D => tensor(`${name}.shift`) as Tensor2D;
  return {
    own: pairs.map(({ layer }) => ({ layer, role: 'bias' })),
    entries,
    rates: latentFeatures,
    begin: (_, count) => zeros([count, latentFeatures]),
    spread: rates => rates,
    fields: (state, start) => {
      const parts = layout.split(start.flat);
      return concat1d(
        layout.entries.map(({ name }, index) => {
          const part = parts[index] as Tensor;
          const own = shifted.has(name) ? add(part, matMul(state as Tensor2D, shiftOf(name, start))) : part;
          return reshape(own, [-1]) as Tensor1D;
        }),
      );
    },
    pullBack: (gradient, start, network) => {
      const parts = network.layout.split(gradient);
      return addN(
        layout.entries.flatMap(({ name, index }) =>
          shifted.has(name) ? [matMul(parts[index] as Tensor2D, shiftOf(name, start), false, true)] : [],
        ),
      );
    },
  };
};
