/**
 * @file The networks that the papers compare, as in the SIREN authors' code: their activation, initialisation and
 * encoding.
 */
import { integer } from '@neural-fields/app-kit';
import { type Extensions, type FieldSpec, mlp, type NetworkSize, relu, siren, tanh } from '@neural-fields/core';
import { encodings, gaussianRbf, nyquistOctaves, positionalEncoding } from '@neural-fields/encodings';
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
export const networkExtensions: Extensions = { layers: encodings };

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

/** The spec of a network. Weights: He normal for ReLU, Glorot normal for tanh; biases: PyTorch's initialisation. */
export const networkSpec = (name: NetworkName, options: NetworkOptions): FieldSpec => {
  const { samples, omega0 = 30, rbfFeatures = 1024, ...size } = options;
  const rectified = {
    ...size,
    activation: relu(),
    weightInitialiser: { kind: 'kaiming-normal' },
    extensions: networkExtensions,
  } as const;
  switch (name) {
    case 'siren':
      return siren({ ...size, omega0 });
    case 'tanh':
      return mlp({ ...size, activation: tanh(), weightInitialiser: { kind: 'xavier-normal' } });
    case 'relu':
      return mlp(rectified);
    case 'relu-pe':
      return mlp({ ...rectified, encoding: positionalEncoding({ octaves: octavesOf(samples) }) });
    case 'relu-rbf':
      return mlp({ ...rectified, encoding: gaussianRbf({ features: rbfFeatures }) });
  }
};

const isNetworkName = (name: string): name is NetworkName => name in networkLabels;

/** Those of the given names that are networks of this file. */
export const networkNames = (names: readonly string[]): readonly NetworkName[] => names.filter(isNetworkName);
