/** @file Everything public of the encodings package. */
export { encodings } from './encodings.ts';
export {
  type FourierFeaturesOptions,
  type FourierFeaturesSpec,
  fourierFeatures,
  fourierFeaturesLayer,
  type GivenFrequencies,
  type RandomFrequencies,
} from './fourier-features.ts';
export {
  type GaussianRbfOptions,
  type GaussianRbfSpec,
  gaussianRbf,
  gaussianRbfLayer,
  type RbfLearnable,
} from './gaussian-rbf.ts';
export {
  nyquistOctaves,
  type PositionalEncodingOptions,
  type PositionalEncodingSpec,
  positionalEncoding,
  positionalEncodingLayer,
} from './positional-encoding.ts';
