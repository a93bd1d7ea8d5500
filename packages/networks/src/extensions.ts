/** @file The definitions that the presets need beyond those of core. */
import type { Extensions } from '@neural-fields/core';
import type { LayerDefinition } from '@neural-fields/core/layers';
import { encodings } from '@neural-fields/encodings';
import { periodicLayer } from '@neural-fields/periodic-init';
import { activations } from './activations/index.ts';
import { bandLimitedSineLayer } from './layers/band-limited-sine.ts';
import { complexGaborLayer, complexLinearLayer } from './layers/complex-gabor.ts';
import { gaborFilterLayer } from './layers/gabor-filter.ts';
import { latentLayer } from './layers/latent.ts';
import { multiplicativeFiltersLayer } from './layers/multiplicative-filters.ts';
import { quarticRbfLayer } from './layers/quartic-rbf.ts';
import { realGaborLayer } from './layers/real-gabor.ts';

/** The layers of the presets, without the encodings. */
const layers: readonly LayerDefinition[] = [
  complexGaborLayer,
  complexLinearLayer,
  realGaborLayer,
  multiplicativeFiltersLayer,
  bandLimitedSineLayer,
  gaborFilterLayer,
  latentLayer,
  periodicLayer,
  quarticRbfLayer,
];

/**
 * The definitions that the presets' specs name, the encodings among them. Whatever evaluates, reads or fits a field of
 * a preset is given these as `extensions`.
 */
export const networkExtensions: Extensions = { layers: [...encodings, ...layers], activations };
