/** @file Presets at sizes that float64 references can afford. */
import { createField, type Field } from '@neural-fields/core';
import { type NetworkPreset, networkExtensions } from '../src/index.ts';

const sizes: Readonly<Record<string, number>> = {
  hiddenFeatures: 12,
  hiddenLayers: 2,
  blocks: 2,
  features: 8,
  octaves: 4,
  latentFeatures: 3,
  bandLimit: 8,
  levels: 3,
  log2HashmapSize: 6,
  baseResolution: 3,
  finestResolution: 12,
};

/**
 * Gentler activations: with the papers' widths, a narrow network multiplies a float32 rounding error by the steepness
 * in every layer, so that a comparison would say nothing about the formulas.
 */
const gentler: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'finer-gaussian': { omega: 1, scale: 1.5 },
  laplace: { a: 0.5 },
  quadratic: { a: 5 },
  multiquadric: { a: 5 },
  'exp-sin': { a: 3 },
  // As large as after training.
  'instant-ngp': { initialBound: 1 },
};

/** The options of a small network, all others as in the paper. */
export const smallOptions = ({ name, options }: NetworkPreset): Readonly<Record<string, number>> => ({
  ...Object.fromEntries(Object.entries(sizes).filter(([size]) => size in options)),
  ...gentler[name],
});

/** A small field of a preset with the initial parameters of a seed. */
export const smallField = (
  preset: NetworkPreset,
  { seed = 1, inFeatures = 2, outFeatures = 2 }: { seed?: number; inFeatures?: number; outFeatures?: number } = {},
): Field =>
  createField(preset.spec({ inFeatures, outFeatures }, smallOptions(preset)), { seed, extensions: networkExtensions });
