import type { LayerDefinition } from '@neural-fields/core/layers';
import { fourierFeaturesLayer } from './fourier-features.ts';
import { gaussianRbfLayer } from './gaussian-rbf.ts';
import { positionalEncodingLayer } from './positional-encoding.ts';

/**
 * The definitions of all encodings, for whatever reads or evaluates a spec with one of them: `extensions: { layers:
 * encodings }`. An application that wants only one gives that definition alone.
 */
export const encodings: readonly LayerDefinition[] = [positionalEncodingLayer, fourierFeaturesLayer, gaussianRbfLayer];
