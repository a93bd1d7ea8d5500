/** @file What the networks of Ramasinghe and Lucey have in common: dense layers whose activation has a width. */
import type { ActivationSpec } from '@neural-fields/core';
import { denseNetwork } from '../dense.ts';
import { definePreset, type NetworkPreset } from '../preset.ts';
import { hiddenSize, type OptionValues, positive, type Sized } from '../preset-options.ts';
import type { TrainingSettings } from '../training.ts';

/** The Gaussian network in the comparison on images of Liu et al. 2023, arXiv:2312.02434. */
const training: TrainingSettings = {
  learningRate: 5e-3,
  finalFactor: 0.1,
  steps: 5000,
  batch: 'full',
  valueRange: [-1, 1],
};

/**
 * A pre-activation at which the Gaussian exp(-(30 z)^2) is one half. The other activations have the width at which they
 * are one half there too, since the paper gives no width for images.
 */
export const HALF_WIDTH: number = Math.sqrt(Math.LN2) / 30;

/** What distinguishes a network of this family. */
export interface BellFacts<Name extends string> {
  readonly name: string;
  readonly title: string;
  /** The parameters of the activation with their defaults. */
  readonly parameters: { readonly [Each in Name]: { readonly value: number; readonly description: string } };
  readonly activation: (values: { readonly [Each in Name]: number }) => ActivationSpec;
  readonly learningRate?: number;
  readonly differences?: readonly string[];
}

/** The preset of a network of this family, with PyTorch's initialisation, as in the code of the comparison. */
export const bellPreset = <Name extends string>({
  name,
  title,
  parameters,
  activation,
  learningRate = training.learningRate,
  differences = [],
}: BellFacts<Name>): NetworkPreset<Sized<Name>> => {
  const named = Object.entries<{ value: number; description: string }>(parameters).map(
    ([each, { value, description }]) => [each, positive(value, description)],
  );
  return definePreset<Sized<Name>>({
    name,
    title,
    activation: name,
    reference: 'Ramasinghe and Lucey 2022, arXiv:2111.15135, table 1; settings of the comparison in arXiv:2312.02434',
    options: { ...hiddenSize(256, 3), ...(Object.fromEntries(named) as Sized<Name>) },
    training: { ...training, learningRate },
    differences,
    build: (size, options) => {
      const { hiddenFeatures, hiddenLayers } = options as OptionValues<Sized>;
      const values = options as { readonly [Each in Name]: number };
      return denseNetwork({ ...size, hiddenFeatures, hiddenLayers, activation: activation(values) });
    },
  });
};
