import type { LayerDefinition } from '@neural-fields/core/layers';
import { denseGridLayer } from './dense-grid.ts';
import { fourierFeaturesLayer } from './fourier-features.ts';
import { gaussianRbfLayer } from './gaussian-rbf.ts';
import { hashGridLayer } from './hash-grid.ts';
import { multiResolutionGridLayer } from './multi-resolution-grid.ts';
import { positionalEncodingLayer } from './positional-encoding.ts';

/**
 * The definitions of all encodings. Code that reads or evaluates a spec with encodings passes `extensions: { layers:
 * encodings }`, or only the definitions that it needs.
 */
export const encodings: readonly LayerDefinition[] = [
  positionalEncodingLayer,
  fourierFeaturesLayer,
  gaussianRbfLayer,
  denseGridLayer,
  multiResolutionGridLayer,
  hashGridLayer,
];
