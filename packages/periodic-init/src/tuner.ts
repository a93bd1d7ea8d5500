import { type FieldSpec, parseSpec } from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import { assertAxes } from './assert-axes.ts';
import type { Frequency } from './frequencies/frequency.ts';
import { defaultMaxFrequency } from './frequencies/nyquist.ts';
import {
  lowFrequencyOf,
  type PeriodicFrequencyOptions,
  periodicFrequencies,
} from './frequencies/periodic-frequencies.ts';
import { type PeriodicSpec, periodicExtensions } from './periodic-layer.ts';

/** The default period: twice the length of [-1, 1], so that opposite edges of a signal need not match. */
export const DEFAULT_PERIOD = 4;

/** The default frequency factor of the hidden layers, as in SIREN. */
export const DEFAULT_OMEGA = 30;

/** The options of {@link tuner}. */
export interface TunerOptions {
  /** The number d of coordinates: 1, 2 or 3. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The width of the hidden layers. */
  readonly hiddenFeatures: number;
  /** The number of hidden-to-hidden layers; 1 if absent, as in the paper: two layers of sines and a linear one. */
  readonly hiddenLayers?: number;
  /** The number m of input frequencies; `hiddenFeatures` if absent. */
  readonly inputFrequencies?: number;
  /**
   * The period of the field in every coordinate; 4 if absent. 2 makes a field on [-1, 1] that tiles: its opposite edges
   * match.
   */
  readonly period?: number;
  /** The bound b on the input frequencies, in multiples of 1 / period. Not with `frequencies`. */
  readonly maxFrequency?: number;
  /** The number of samples of the signal along its shortest axis: a default for `maxFrequency`. */
  readonly samples?: number;
  /** The input frequencies themselves, e.g. from `spectralFrequencies` or `uniformFrequencies`. */
  readonly frequencies?: readonly Frequency[];
  /** The bound on low frequencies; an eighth of the highest if absent. */
  readonly lowFrequency?: number;
  /** See `periodicFrequencies`. */
  readonly lowShare?: PeriodicFrequencyOptions['lowShare'];
  /** See `periodicFrequencies`. */
  readonly draw?: PeriodicFrequencyOptions['draw'];
  /** Whether the input frequencies are trained; false if absent, as in the paper. */
  readonly trainableFrequencies?: boolean;
  /** The frequency factor of the hidden layers; 30 if absent. */
  readonly omegaHidden?: number;
  /** The seed for drawing the frequencies; 0 if absent. */
  readonly seed?: number;
}

/** @throws RangeError or TypeError when an option is out of its range or does not go with another one */
const assertValid = (options: TunerOptions): void => {
  assertOptions('tuner', options, {
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 1,
    hiddenLayers: 1,
    inputFrequencies: 1,
    period: 1,
    maxFrequency: 1,
    samples: 1,
    frequencies: 1,
    lowFrequency: 1,
    lowShare: 1,
    draw: 1,
    trainableFrequencies: 1,
    omegaHidden: 1,
    seed: 1,
  });
  assertAxes('tuner: inFeatures', options.inFeatures);
  for (const name of ['outFeatures', 'hiddenFeatures'] as const) assertCount(`tuner: ${name}`, options[name]);
  const { hiddenLayers = 1, period = DEFAULT_PERIOD, omegaHidden = DEFAULT_OMEGA } = options;
  assertCount('tuner: hiddenLayers', hiddenLayers);
  assertPositive('tuner: period', period);
  assertPositive('tuner: omegaHidden', omegaHidden);
  const sources = (['maxFrequency', 'samples', 'frequencies'] as const).filter(name => options[name] !== undefined);
  if (sources.length !== 1)
    throw new TypeError(
      `tuner: must have one of maxFrequency, samples and frequencies, got ${sources.join(' and ') || 'none'}`,
    );
  if (options.frequencies === undefined) return;
  for (const name of ['inputFrequencies', 'lowShare', 'draw', 'seed'] as const)
    if (options[name] !== undefined) throw new TypeError(`tuner: ${name} must be absent with frequencies`);
};

/** The drawn frequencies, and the bound on low ones. */
const inputLayer = (options: TunerOptions): Omit<PeriodicSpec, 'kind'> => {
  const { inFeatures, hiddenFeatures, inputFrequencies = hiddenFeatures, period = DEFAULT_PERIOD, seed = 0 } = options;
  const { samples, lowShare, draw, frequencies: given } = options;
  const maxFrequency =
    given?.flat().reduce((most, component) => Math.max(most, Math.abs(component)), 1) ??
    (samples === undefined ? (options.maxFrequency as number) : defaultMaxFrequency({ samples, period }));
  const { lowFrequency = lowFrequencyOf(maxFrequency) } = options;
  const frequencies =
    given ??
    periodicFrequencies({
      inFeatures,
      count: inputFrequencies,
      maxFrequency,
      lowFrequency,
      ...(lowShare !== undefined && { lowShare }),
      ...(draw !== undefined && { draw }),
      seed,
    });
  return { period, frequencies, lowFrequency };
};

/**
 * A sinusoidal network with a period in every coordinate, for spectral control: TUNER, Novello et al. 2025, "Tuning the
 * frequencies: robust training for sinusoidal neural networks", CVPR, arXiv:2407.21121, section 3.
 *
 *     sin(2 pi q x / period + phi),  then hiddenLayers times sin(omegaHidden (W h + b)),  then W h + b
 *
 * The integer frequencies q are frozen and part of the spec. Hidden layers are initialised as SIREN's. Evaluate and fit
 * the spec with `extensions: periodicExtensions`; `bounds` limits the amplitudes of what the hidden layer adds.
 *
 * @throws RangeError or TypeError when an option is out of its range or does not go with another one
 */
export const tuner = (options: TunerOptions): FieldSpec => {
  assertValid(options);
  const { inFeatures, outFeatures, hiddenFeatures, hiddenLayers = 1 } = options;
  const { omegaHidden = DEFAULT_OMEGA, trainableFrequencies = false } = options;
  const periodic: PeriodicSpec = {
    kind: 'periodic',
    ...inputLayer(options),
    ...(trainableFrequencies && { trainable: true }),
  };
  const initialisers = {
    weightInitialiser: { kind: 'siren-hidden' },
    biasInitialiser: { kind: 'pytorch-linear' },
  } as const;
  const hidden = Array.from(
    { length: hiddenLayers },
    (): DenseSpec => ({
      kind: 'dense',
      outFeatures: hiddenFeatures,
      activation: { kind: 'sine', omega: omegaHidden },
      ...initialisers,
    }),
  );
  const last: DenseSpec = { kind: 'dense', outFeatures, activation: { kind: 'identity' }, ...initialisers };
  return parseSpec({ inFeatures, layers: [periodic, ...hidden, last] }, periodicExtensions);
};
