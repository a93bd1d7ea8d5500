/** @file The encoding in front of a network that the options of the command line describe. */

import { UsageError } from '@neural-fields/app-kit';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { LayerSpec } from '@neural-fields/core';
import { fourierFeatures, gaussianRbf, nyquistOctaves, positionalEncoding } from '@neural-fields/encodings';
import type { EncodingSettings, Settings } from '../settings/fit-settings.ts';
import { encodingNames } from '../settings/names.ts';

/** The parameters of each encoding. */
const parameters: Readonly<Record<(typeof encodingNames)[number], readonly (keyof EncodingSettings)[]>> = {
  positional: ['encodingOctaves'],
  fourier: ['encodingFeatures', 'encodingScale'],
  rbf: ['encodingFeatures', 'encodingSigma'],
};

const flags = {
  encodingOctaves: '--encoding-octaves',
  encodingFeatures: '--encoding-features',
  encodingScale: '--encoding-scale',
  encodingSigma: '--encoding-sigma',
} as const;

/** The octaves as in the SIREN authors' code: up to the Nyquist frequency of a picture or sound, 10 for a shape. */
const defaultOctaves = (signal: SignalDescription): number => {
  if (signal.kind === 'shape') return 10;
  const samples = signal.kind === 'audio' ? signal.length : Math.min(signal.width, signal.height);
  return samples < 8 ? 1 : nyquistOctaves(samples);
};

/** Cycles per unit: Tancik et al. 2020 use 10 for pictures on [0, 1], which is half as long as [-1, 1]. */
const DEFAULT_SCALE = 5;
const DEFAULT_FOURIER_FEATURES = 256;
/** As in the SIREN authors' code. */
const DEFAULT_RBF_FEATURES = 1024;
const DEFAULT_SIGMA = 0.25;

/**
 * The layer that `--encoding` asks for; `undefined` when it is not given.
 *
 * @throws UsageError when a parameter is given that does not apply to the encoding
 */
export const encodingLayer = (
  options: EncodingSettings & Pick<Settings, 'seed'>,
  signal: SignalDescription,
): LayerSpec | undefined => {
  const {
    encoding,
    encodingOctaves,
    encodingFeatures,
    encodingScale = DEFAULT_SCALE,
    encodingSigma = DEFAULT_SIGMA,
    seed,
  } = options;
  for (const [name, flag] of Object.entries(flags) as [keyof typeof flags, string][])
    if (options[name] !== undefined && !(encoding !== undefined && parameters[encoding].includes(name))) {
      const owners = encodingNames.filter(each => parameters[each].includes(name)).join(' or ');
      const other = encoding === undefined ? '' : `, not for ${encoding}`;
      throw new UsageError({ what: flag, problem: `it is for --encoding ${owners}${other}` });
    }
  if (encoding === undefined) return undefined;
  switch (encoding) {
    case 'positional':
      return positionalEncoding({ octaves: encodingOctaves ?? defaultOctaves(signal) });
    case 'fourier':
      return fourierFeatures({ features: encodingFeatures ?? DEFAULT_FOURIER_FEATURES, scale: encodingScale, seed });
    case 'rbf':
      return gaussianRbf({ features: encodingFeatures ?? DEFAULT_RBF_FEATURES, sigma: encodingSigma });
  }
};
