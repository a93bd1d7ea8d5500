/** @file Everything public of the encodings package. */
export { type BlockOptions, blocksAt } from './block-sets.ts';
export {
  type CodebookAssignment,
  type CodebookGridOptions,
  type CodebookGridSpec,
  codebookGrid,
  codebookGridLayer,
} from './codebook-grid.ts';
export type { Combination } from './combine.ts';
export { type DenseGridOptions, type DenseGridSpec, denseGrid, denseGridLayer } from './dense-grid.ts';
export { encodings } from './encodings.ts';
export {
  type FeatureOrder,
  type FourierFeaturesOptions,
  type FourierFeaturesSpec,
  fourierFeatures,
  fourierFeaturesLayer,
  type GivenFrequencies,
  type RandomFrequencies,
} from './fourier-features.ts';
export {
  type EmbeddingLearnable,
  type GaussianEmbeddingOptions,
  gaussianEmbedding,
  type SuperGaussianEmbeddingOptions,
  type SuperGaussianEmbeddingSpec,
  superGaussianEmbedding,
  superGaussianEmbeddingLayer,
} from './gaussian-embedding.ts';
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
  type IdentityEncodingOptions,
  type IdentityEncodingSpec,
  identityEncoding,
  identityEncodingLayer,
} from './identity-encoding.ts';
export { type MultiPlaneOptions, type MultiPlaneSpec, multiPlane, multiPlaneLayer } from './multi-plane.ts';
export {
  type MultiResolutionGridOptions,
  type MultiResolutionGridSpec,
  multiResolutionGrid,
  multiResolutionGridLayer,
} from './multi-resolution-grid.ts';
export { type BlobKernel, type OneBlobOptions, type OneBlobSpec, oneBlob, oneBlobLayer } from './one-blob.ts';
export {
  type PackedCodebookGridOptions,
  type PackedCodebookGridSpec,
  packCodebooks,
  packedCodebookGrid,
  packedCodebookGridLayer,
} from './packed-codebook-grid.ts';
export {
  type PointFeaturesOptions,
  type PointFeaturesSpec,
  pointFeatures,
  pointFeaturesLayer,
} from './point-features.ts';
export {
  nyquistOctaves,
  type PositionalEncodingOptions,
  type PositionalEncodingSpec,
  positionalEncoding,
  positionalEncodingLayer,
} from './positional-encoding.ts';
export type { LevelOptions, LevelsSpec } from './resolutions.ts';
export type { SinusoidOrder } from './sinusoids.ts';
export {
  type SparseVoxelGridOptions,
  type SparseVoxelGridSpec,
  sparseVoxelGrid,
  sparseVoxelGridLayer,
} from './sparse-voxel-grid.ts';
export {
  type SphericalHarmonicsOptions,
  type SphericalHarmonicsSpec,
  sphericalHarmonics,
  sphericalHarmonicsLayer,
} from './spherical-harmonics.ts';
export { tableGroup } from './table-group.ts';
export {
  type TriangleWaveOptions,
  type TriangleWaveSpec,
  triangleWave,
  triangleWaveLayer,
} from './triangle-wave.ts';
export { type VectorMatrixOptions, type VectorMatrixSpec, vectorMatrix, vectorMatrixLayer } from './vector-matrix.ts';
