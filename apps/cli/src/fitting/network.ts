/** @file The network that the options of the command line describe. */

import { UsageError } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import {
  type ActivationSpec,
  expSin,
  type FieldSpec,
  finer,
  gaussian,
  type LayerSpec,
  laplace,
  mlp,
  multiquadric,
  type NetworkSize,
  prelu,
  quadratic,
  relu,
  sigmoid,
  silu,
  siren,
  softplus,
  superGaussian,
  tanh,
} from '@neural-fields/core';
import type { NetworkSettings } from '../settings/fit-settings.ts';
import type { ActivationName } from '../settings/names.ts';

/** The activations without a frequency, with the core package's default parameters. */
const activations = {
  relu: relu(),
  prelu: prelu(),
  tanh: tanh(),
  sigmoid: sigmoid(),
  silu: silu(),
  softplus: softplus(),
  gaussian: gaussian(),
  quadratic: quadratic(),
  multiquadric: multiquadric(),
  laplace: laplace(),
  'super-gaussian': superGaussian(),
  'exp-sin': expSin(),
} as const satisfies Readonly<Record<Exclude<ActivationName, 'sine' | 'finer'>, ActivationSpec>>;

/** What a network is built from. */
export interface NetworkOptions extends NetworkSize, Omit<NetworkSettings, keyof NetworkSize> {
  /** The frequency factor of the first layer, for networks that have one, if `omega0` is absent. */
  readonly defaultOmega0: number;
  /** A layer in front of the network. */
  readonly encoding?: LayerSpec | undefined;
}

/**
 * The spec of a network. `sine` is a SIREN, `finer` uses the initialisation of a SIREN, and all others use PyTorch's
 * initialisation of linear layers.
 *
 * @throws UsageError when an omega is given for an activation that has none, or an encoding for an activation that has
 *   frequencies of its own
 */
export const networkSpec = (options: NetworkOptions): FieldSpec => {
  const { encoding, activation = encoding ? 'relu' : 'sine', ...rest } = options;
  const { defaultOmega0, omega0 = defaultOmega0, omegaHidden = 30, ...size } = rest;
  if (encoding && (activation === 'sine' || activation === 'finer'))
    throw new UsageError({
      what: '--encoding',
      problem: `it is for activations without frequencies of their own, not for ${activation}`,
    });
  if (activation === 'sine') return siren({ ...size, omega0, omegaHidden });
  if (activation === 'finer')
    return mlp({
      ...size,
      activation: finer({ omega: omegaHidden }),
      weightInitialiser: { kind: 'siren-hidden' },
      firstLayer: { activation: finer({ omega: omega0 }), weightInitialiser: { kind: 'siren-first' } },
    });
  const given =
    options.omega0 !== undefined ? '--omega0' : options.omegaHidden !== undefined ? '--omega-hidden' : undefined;
  if (given)
    throw new UsageError({ what: given, problem: `it is for the activations sine and finer, not for ${activation}` });
  return mlp({
    ...size,
    activation: activations[activation],
    extensions,
    ...(encoding && { encoding }),
  });
};
