/** @file The network that the options of the command line describe. */

import { plural, UsageError } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import {
  type ActivationSpec,
  type FieldSpec,
  finer,
  type LayerSpec,
  mlp,
  type NetworkSize,
  outFeatures as outFeaturesOf,
  parseSpec,
  siren,
} from '@neural-fields/core';
import { networkPresets, type SignalSize } from '@neural-fields/networks';
import { type NetworkChoice, presetNamed } from '../options/network-choice.ts';
import { defaultSize, type NetworkSettings } from '../settings/fit-settings.ts';

/** What a network is built from. */
export interface NetworkOptions extends Omit<NetworkSettings, 'omega0'>, SignalSize {
  readonly omega0?: number | undefined;
  /** The frequency factor of the first layer, for networks that have one, if `omega0` is absent. */
  readonly defaultOmega0: number;
  /** The factor on a SIREN's initial weights, if neither `weightScale` nor `omega0` is given. */
  readonly defaultWeightScale?: number | undefined;
  /** A layer in front of the network. */
  readonly encoding?: LayerSpec | undefined;
}

/** The options that `--network` excludes, where they are given. */
const EXCLUDED = {
  activation: '--activation',
  omega0: '--omega0',
  omegaHidden: '--omega-hidden',
  weightScale: '--weight-scale',
  encoding: '--encoding',
} as const;

const SIZES = { hiddenFeatures: '--hidden-features', hiddenLayers: '--hidden-layers' } as const;

/** The spec of a network of the literature. */
const presetSpec = (network: NetworkChoice, options: NetworkOptions): FieldSpec => {
  const { inFeatures, outFeatures } = options;
  for (const [name, flag] of Object.entries(EXCLUDED))
    if (options[name as keyof typeof EXCLUDED] !== undefined)
      throw new UsageError({
        what: '--network',
        problem: `it excludes ${flag}`,
        hint: `its own options are written as in --network wire:omega=30`,
      });
  const preset = presetNamed(network.name);
  const sizes = Object.entries(SIZES).flatMap(([name, flag]): [string, number][] => {
    const value = options[name as keyof typeof SIZES];
    if (value === undefined) return [];
    if (!(name in preset.options))
      throw new UsageError({ what: flag, problem: `the network ${network.name} has no such option` });
    return [[name, value]];
  });
  const spec = preset.spec({ inFeatures, outFeatures }, {
    ...network.options,
    ...Object.fromEntries(sizes),
  } as Readonly<Record<string, number>>);
  const outputs = outFeaturesOf(spec, extensions);
  if (outputs !== outFeatures)
    throw new UsageError({
      what: '--network',
      wanted: `a network with ${plural(outFeatures, 'output')}, as the signal has`,
      got: `one with ${outputs}`,
    });
  return spec;
};

/** The spec of layers with sines or FINER's sines, with the initialisation of a SIREN. */
const periodicSpec = (activation: ActivationSpec, options: NetworkOptions & NetworkSize): FieldSpec => {
  const { inFeatures, outFeatures, hiddenFeatures, hiddenLayers, defaultOmega0 } = options;
  const size: NetworkSize = { inFeatures, outFeatures, hiddenFeatures, hiddenLayers };
  const own = activation['omega'] as number | undefined;
  const given = omegaFlag(options);
  if (own !== undefined && given)
    throw new UsageError({
      what: given,
      problem: `it is for the activations sine and finer without an omega of their own`,
    });
  const { omega0 = own ?? defaultOmega0, omegaHidden = own ?? 30 } = options;
  const { weightScale = given || own !== undefined ? 1 : (options.defaultWeightScale ?? 1) } = options;
  if (activation.kind === 'sine')
    return siren({ ...size, omega0, omegaHidden, ...(weightScale !== 1 && { weightScale }) });
  assertNoWeightScale(options, activation);
  return mlp({
    ...size,
    activation: finer({ omega: omegaHidden }),
    weightInitialiser: { kind: 'siren-hidden' },
    firstLayer: { activation: finer({ omega: omega0 }), weightInitialiser: { kind: 'siren-first' } },
  });
};

/** @throws UsageError when a factor on the weights of a SIREN is given for another network */
const assertNoWeightScale = ({ weightScale }: NetworkOptions, { kind }: ActivationSpec): void => {
  if (weightScale !== undefined)
    throw new UsageError({ what: '--weight-scale', problem: `it is for the activation sine, not for ${kind}` });
};

/** The first of the options for frequencies that is given. */
const omegaFlag = ({ omega0, omegaHidden }: NetworkOptions): string | undefined =>
  omega0 !== undefined ? '--omega0' : omegaHidden !== undefined ? '--omega-hidden' : undefined;

/**
 * The spec of a network. `sine` is a SIREN, and `finer` uses the initialisation of a SIREN. An activation with a preset
 * has its network: the parameters of its paper, unless they are given. All others use PyTorch's initialisation.
 *
 * @throws UsageError when options exclude each other: an omega is given for an activation that has none, or an encoding
 *   for an activation that has frequencies of its own, or either of them with a network of the literature
 */
export const networkSpec = (options: NetworkOptions): FieldSpec => {
  if (options.network !== undefined) return presetSpec(options.network, options);
  const { encoding, inFeatures, outFeatures } = options;
  const { activation = { kind: encoding ? 'relu' : 'sine' } } = options;
  const hiddenFeatures = options.hiddenFeatures ?? defaultSize.hiddenFeatures;
  const hiddenLayers = options.hiddenLayers ?? defaultSize.hiddenLayers;
  const size: NetworkSize = { inFeatures, outFeatures, hiddenFeatures, hiddenLayers };
  if (activation.kind === 'sine' || activation.kind === 'finer') {
    if (encoding)
      throw new UsageError({
        what: '--encoding',
        problem: `it is for activations without frequencies of their own, not for ${activation.kind}`,
      });
    return periodicSpec(activation, { ...options, ...size });
  }
  const given = omegaFlag(options);
  if (given)
    throw new UsageError({
      what: given,
      problem: `it is for the activations sine and finer, not for ${activation.kind}`,
    });
  assertNoWeightScale(options, activation);
  const preset = networkPresets.find(each => each.activation === activation.kind);
  if (preset === undefined) return mlp({ ...size, activation, extensions, ...(encoding && { encoding }) });
  const { kind: _, learnable: __, ...parameters } = activation;
  const { layers } = preset.spec(size, { hiddenFeatures, hiddenLayers, ...parameters } as Readonly<
    Record<string, number>
  >);
  return parseSpec({ inFeatures, layers: encoding ? [encoding, ...layers] : layers }, extensions);
};
