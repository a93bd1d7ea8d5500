import { createRng } from '@neural-fields/core';
import { assertCount, assertOptions, assertShare } from '@neural-fields/core/options';
import { assertAxes } from '../assert-axes.ts';
import {
  drawDistinct,
  drawRepeated,
  type Frequency,
  keyOf,
  latticeFrequencies,
  maxNorm,
  unitFrequencies,
} from './frequency.ts';

/** The share of low frequencies, as in the authors' code. */
export const LOW_SHARE = 0.7;

/** The largest number of candidates that are listed, to draw from. */
const MAX_CANDIDATES = 2 ** 22;

/** How frequencies are drawn from the candidates. */
export type FrequencyDraw = 'repeated' | 'distinct';

/** The options of {@link periodicFrequencies}. */
export interface PeriodicFrequencyOptions {
  /** The number d of coordinates: 1, 2 or 3. */
  readonly inFeatures: number;
  /** The number m of frequencies. */
  readonly count: number;
  /** The bound b on the components: the highest frequency is b / period, in cycles per unit of the coordinate. */
  readonly maxFrequency: number;
  /** The bound l on the components of low frequencies; {@link lowFrequencyOf} of `maxFrequency` if absent. */
  readonly lowFrequency?: number;
  /** The share of low frequencies among those that are drawn; 0.7 if absent. */
  readonly lowShare?: number;
  /**
   * Whether low frequencies may be drawn more than once, to have different phases: `repeated` in the authors' code,
   * `distinct` if absent, with which networks fit better. Frequencies repeat anyway where there are too few.
   */
  readonly draw?: FrequencyDraw;
  readonly seed: number;
}

/**
 * The default bound on low frequencies, b / 8: 10 for the published 85 (`periodicFrequencies`), and at least 1.
 *
 * @param maxFrequency b, an integer
 */
export const lowFrequencyOf = (maxFrequency: number): number => Math.max(1, Math.floor(maxFrequency / 8));

/** The number of vectors in {0 ... b} x {-b ... b}^(d - 1). */
const boxSize = (inFeatures: number, bound: number): number => (bound + 1) * (2 * bound + 1) ** (inFeatures - 1);

/** @throws RangeError or TypeError when an option is out of its range */
const assertValid = (options: PeriodicFrequencyOptions): void => {
  assertOptions('periodicFrequencies', options, {
    inFeatures: 1,
    count: 1,
    maxFrequency: 1,
    lowFrequency: 1,
    lowShare: 1,
    draw: 1,
    seed: 1,
  });
  const { inFeatures, count, maxFrequency, lowFrequency = 1, lowShare = LOW_SHARE, draw = 'distinct' } = options;
  assertAxes('periodicFrequencies: inFeatures', inFeatures);
  assertCount('periodicFrequencies: count', count, inFeatures);
  assertCount('periodicFrequencies: maxFrequency', maxFrequency);
  assertCount('periodicFrequencies: lowFrequency', lowFrequency);
  assertShare('periodicFrequencies: lowShare', lowShare);
  if (lowFrequency > maxFrequency)
    throw new RangeError(
      `periodicFrequencies: lowFrequency must be at most maxFrequency ${maxFrequency}, got ${lowFrequency}`,
    );
  if (draw !== 'repeated' && draw !== 'distinct')
    throw new RangeError(`periodicFrequencies: draw must be 'repeated' or 'distinct', got ${JSON.stringify(draw)}`);
  if (boxSize(inFeatures, lowFrequency) > MAX_CANDIDATES)
    throw new RangeError(
      `periodicFrequencies: lowFrequency must leave at most ${MAX_CANDIDATES} low frequencies, got ${lowFrequency}`,
    );
};

/** The high candidates: a grid so coarse that it has about `count` of them, and finer where it has fewer. */
const highCandidates = (count: number, inFeatures: number, low: number, high: number): Frequency[] => {
  const perAxis = Math.floor((count / 2 ** (inFeatures - 1)) ** (1 / inFeatures)) + 1;
  for (let step = Math.max(Math.floor(high / perAxis), 1); ; step--) {
    const candidates = latticeFrequencies(inFeatures, high, step).filter(frequency => maxNorm(frequency) > low);
    if (candidates.length >= count || step === 1) return candidates;
  }
};

/**
 * Frequencies for the first layer of a sinusoidal network, as vectors q of integers for the angular frequencies 2 pi q
 * / period: the unit vectors, then low ones, all integers up to l, then high ones on a coarse grid up to b.
 *
 * Novello et al. 2025, "Tuning the frequencies: robust training for sinusoidal neural networks", arXiv:2407.21121,
 * section 3.2, with the numbers of the authors' code: of n = m - d, round(0.7 n) are low; the grid has the step
 * max(floor(b / q), 1) with q = floor((n_high / 2^(d - 1))^(1 / d)) + 1. Different from it, the frequency 0 is left
 * out, of q and -q only one is a candidate, and low ones are not drawn twice. All frequencies of the network are
 * integer combinations of these (section 3.1), so the field has the period in every coordinate.
 *
 * @returns m vectors of d integers
 * @throws RangeError or TypeError when an option is out of its range
 */
export const periodicFrequencies = (options: PeriodicFrequencyOptions): Frequency[] => {
  assertValid(options);
  const { inFeatures, count, maxFrequency, lowShare = LOW_SHARE, draw = 'distinct', seed } = options;
  const { lowFrequency = lowFrequencyOf(maxFrequency) } = options;
  const rng = createRng(seed).fork('periodic-frequencies');
  const units = unitFrequencies(inFeatures);
  const drawn = count - units.length;
  // Without a frequency between the bounds, all are low.
  const wantedLow = lowFrequency === maxFrequency ? drawn : Math.round(lowShare * drawn);
  const lowCandidates = latticeFrequencies(inFeatures, lowFrequency);
  const low =
    draw === 'repeated'
      ? drawRepeated(lowCandidates, wantedLow, rng.fork('low'))
      : drawDistinct(without(lowCandidates, units), wantedLow, rng.fork('low'));
  const wantedHigh = drawn - low.length;
  const high =
    wantedHigh === 0 || lowFrequency === maxFrequency
      ? []
      : drawDistinct(highCandidates(wantedHigh, inFeatures, lowFrequency, maxFrequency), wantedHigh, rng.fork('high'));
  const chosen = [...units, ...low, ...high];
  // Where the bounds leave too few, some repeat, with phases of their own.
  return [...chosen, ...drawRepeated(chosen, count - chosen.length, rng.fork('rest'))];
};

/** The elements of a list that are not in another one. */
const without = (list: readonly Frequency[], others: readonly Frequency[]): Frequency[] => {
  const keys = new Set(others.map(keyOf));
  return list.filter(frequency => !keys.has(keyOf(frequency)));
};
