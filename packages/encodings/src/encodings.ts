import type { LayerDefinition } from '@neural-fields/core/layers';
import { codebookGridLayer } from './codebook-grid.ts';
import { denseGridLayer } from './dense-grid.ts';
import { fourierFeaturesLayer } from './fourier-features.ts';
import { superGaussianEmbeddingLayer } from './gaussian-embedding.ts';
import { gaussianRbfLayer } from './gaussian-rbf.ts';
import { hashGridLayer } from './hash-grid.ts';
import { identityEncodingLayer } from './identity-encoding.ts';
import { multiPlaneLayer } from './multi-plane.ts';
import { multiResolutionGridLayer } from './multi-resolution-grid.ts';
import { oneBlobLayer } from './one-blob.ts';
import { packedCodebookGridLayer } from './packed-codebook-grid.ts';
import { pointFeaturesLayer } from './point-features.ts';
import { positionalEncodingLayer } from './positional-encoding.ts';
import { sparseVoxelGridLayer } from './sparse-voxel-grid.ts';
import { sphericalHarmonicsLayer } from './spherical-harmonics.ts';
import { triangleWaveLayer } from './triangle-wave.ts';
import { vectorMatrixLayer } from './vector-matrix.ts';

/**
 * The definitions of all encodings. Code that reads or evaluates a spec with encodings passes `extensions: { layers:
 * encodings }`, or only the definitions that it needs.
 */
export const encodings: readonly LayerDefinition[] = [
  positionalEncodingLayer,
  fourierFeaturesLayer,
  gaussianRbfLayer,
  superGaussianEmbeddingLayer,
  oneBlobLayer,
  triangleWaveLayer,
  sphericalHarmonicsLayer,
  identityEncodingLayer,
  denseGridLayer,
  multiResolutionGridLayer,
  hashGridLayer,
  sparseVoxelGridLayer,
  codebookGridLayer,
  packedCodebookGridLayer,
  pointFeaturesLayer,
  multiPlaneLayer,
  vectorMatrixLayer,
];
