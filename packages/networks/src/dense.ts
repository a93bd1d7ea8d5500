/** @file Layers and networks of layers, as the presets write them. */

import type { LayerSpec } from '@neural-fields/core';
import {
  type ActivationSpec,
  type FieldSpec,
  type InitialiserSpec,
  type MlpOptions,
  mlp,
  parseSpec,
} from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { networkExtensions } from './extensions.ts';
import type { SignalSize } from './preset.ts';

/** A dense layer; PyTorch's initialisation where none is given. */
export const denseLayer = (
  outFeatures: number,
  activation: ActivationSpec = { kind: 'identity' },
  weightInitialiser: InitialiserSpec = { kind: 'pytorch-linear' },
  biasInitialiser: InitialiserSpec = { kind: 'pytorch-linear' },
): DenseSpec => ({ kind: 'dense', outFeatures, activation, weightInitialiser, biasInitialiser });

/** A network of dense layers whose activation may be one of this package. */
export const denseNetwork = (options: Omit<MlpOptions, 'extensions'>): FieldSpec =>
  mlp({ ...options, extensions: networkExtensions });

/** A network of any layers. */
export const networkOfLayers = (
  { inFeatures }: Pick<SignalSize, 'inFeatures'>,
  layers: readonly LayerSpec[],
): FieldSpec => parseSpec({ inFeatures, layers }, networkExtensions);
