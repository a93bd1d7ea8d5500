/**
 * @file The networks that the papers compare, as in the SIREN authors' code: their activation, initialisation and
 * encoding.
 */
import { integer } from '@neural-fields/app-kit';
import type { FieldSpec, NetworkSize } from '@neural-fields/core';
import { nyquistOctaves } from '@neural-fields/encodings';
import { networkExtensions, networkPreset } from '@neural-fields/networks';
import type { OwnOption } from '../frame/experiment.ts';

/** The names of the networks. */
export type NetworkName = 'siren' | 'tanh' | 'relu' | 'relu-pe' | 'relu-rbf';

/** The networks' display names. */
export const networkLabels: Readonly<Record<NetworkName, string>> = {
  siren: 'SIREN',
  tanh: 'tanh',
  relu: 'ReLU',
  'relu-pe': 'ReLU P.E.',
  'relu-rbf': 'ReLU RBF',
};

/** Passed to every fit of these networks, so that their encodings are found. */
export { networkExtensions };

/** What a network depends on besides its name. */
export interface NetworkOptions extends NetworkSize {
  /** Samples along the shortest side: the octaves of the positional encoding go up to their Nyquist frequency. */
  readonly samples: number;
  /** Of a SIREN's first layer; 30 if absent. */
  readonly omega0?: number;
  /** The number of Gaussian functions in front of the ReLU network; 1024 if absent. */
  readonly rbfFeatures?: number;
}

/** The option that sets the number of Gaussian functions. */
export const rbfFeaturesOption = (values: OwnOption['values']): OwnOption => ({
  what: 'Gaussian functions in front of the network with RBF',
  argument: '<n>',
  parse: integer(1, 65_536),
  values,
});

/** As many octaves as the signal can contain; at least one, even for a handful of samples. */
const octavesOf = (samples: number): number => (samples < 8 ? 1 : nyquistOctaves(samples));

/**
 * The spec of a network of the registry. The basis functions are Gaussians of about the width of the authors' functions
 * exp(-(10 |x - c|^2)^2).
 */
export const networkSpec = (name: NetworkName, options: NetworkOptions): FieldSpec => {
  const { samples, omega0 = 30, rbfFeatures = 1024, inFeatures, outFeatures, ...hidden } = options;
  const specOf = (preset: string, own: Readonly<Record<string, number | string>> = {}): FieldSpec =>
    networkPreset(preset).spec({ inFeatures, outFeatures }, { ...hidden, ...own });
  switch (name) {
    case 'siren':
      return specOf('siren', { omega0 });
    case 'tanh':
      return specOf('tanh');
    case 'relu':
      return specOf('relu');
    case 'relu-pe':
      return specOf('relu-positional-encoding', { octaves: octavesOf(samples) });
    case 'relu-rbf':
      return specOf('relu-rbf', { features: rbfFeatures, kernel: 'gaussian' });
  }
};

const isNetworkName = (name: string): name is NetworkName => name in networkLabels;

/** Those of the given names that are networks of this file. */
export const networkNames = (names: readonly string[]): readonly NetworkName[] => names.filter(isNetworkName);
