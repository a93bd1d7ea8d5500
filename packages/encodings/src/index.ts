/** @file Everything public of the encodings package. */
export type { Combination } from './combine.ts';
export { type DenseGridOptions, type DenseGridSpec, denseGrid, denseGridLayer } from './dense-grid.ts';
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
export type { TableOptions, TableSpec } from './grid-table.ts';
export { type HashGridOptions, type HashGridSpec, hashGrid, hashGridLayer } from './hash-grid.ts';
export {
  type MultiResolutionGridOptions,
  type MultiResolutionGridSpec,
  multiResolutionGrid,
  multiResolutionGridLayer,
} from './multi-resolution-grid.ts';
export {
  nyquistOctaves,
  type PositionalEncodingOptions,
  type PositionalEncodingSpec,
  positionalEncoding,
  positionalEncodingLayer,
} from './positional-encoding.ts';
export type { LevelOptions, LevelsSpec } from './resolutions.ts';
export { tableGroup } from './table-group.ts';
