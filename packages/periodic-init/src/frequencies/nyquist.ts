import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';

/** What {@link nyquistFrequency} needs. */
export interface NyquistOptions {
  /** The number of samples along the axis with the fewest, over [-1, 1]. */
  readonly samples: number;
  /** The period p. */
  readonly period: number;
}

/** The share of the Nyquist frequency that input frequencies fill by default: the published 85 of 512. */
const INPUT_SHARE = 1 / 6;

/**
 * The highest integer frequency that samples over [-1, 1] can tell apart, floor(samples p / 4): 512 for 512 samples and
 * the period 4.
 *
 * @throws RangeError when an option is out of its range
 */
export const nyquistFrequency = (options: NyquistOptions): number => {
  assertOptions('nyquistFrequency', options, { samples: 1, period: 1 });
  const { samples, period } = options;
  assertCount('nyquistFrequency: samples', samples);
  assertPositive('nyquistFrequency: period', period);
  return Math.floor((samples * period) / 4);
};

/**
 * The default bound on the input frequencies of a signal, a sixth of its Nyquist frequency and at least 1: the hidden
 * layer adds their multiples and sums. Novello et al. 2025, arXiv:2407.21121, section 4: b = 85 for 512 samples.
 */
export const defaultMaxFrequency = (options: NyquistOptions): number =>
  Math.max(1, Math.floor(INPUT_SHARE * nyquistFrequency(options)));
