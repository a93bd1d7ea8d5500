/** @file Where new input frequencies should be. */
import type { Field } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { readParameters } from '../field-values.ts';
import type { Criterion } from '../ranking/criterion.ts';
import { outgoingNorm } from '../ranking/outgoing-norm.ts';
import { candidatesOf } from '../ranking/rank-units.ts';
import { structureOf } from '../structure.ts';
import { frequenciesOf } from './input-frequencies.ts';

/** A frequency in radians per unit of the coordinate. */
export type AngularFrequency = readonly number[];

/** Frequencies closer than this share of their norm are the same, and so are those of opposite sign. */
const SAME = 1e-3;

const norm = (frequency: AngularFrequency): number => Math.hypot(...frequency);

const areSame = (a: AngularFrequency, b: AngularFrequency): boolean => {
  const near = SAME * Math.max(norm(a), norm(b), Number.MIN_VALUE);
  return [1, -1].some(sign => norm(a.map((component, i) => component - sign * (b[i] as number))) <= near);
};

/** The first `count` of some frequencies that are neither known nor repeated. */
const firstNew = (
  wanted: Iterable<AngularFrequency>,
  known: readonly AngularFrequency[],
  count: number,
): readonly AngularFrequency[] => {
  const found: AngularFrequency[] = [];
  for (const frequency of wanted) {
    if (found.length === count) break;
    if (![...known, ...found].some(other => areSame(other, frequency))) found.push(frequency);
  }
  return found;
};

/** The options of {@link doubledFrequencies}. */
export interface DoubledFrequenciesOptions {
  readonly count: number;
  /** The largest component, in radians per unit; no limit if absent. */
  readonly maxFrequency?: number;
  /** What says which frequencies matter most; `outgoingNorm()` if absent. */
  readonly criterion?: Criterion;
}

/**
 * 2 omega_j of the input frequencies that matter most, without those that the field has: the densification of AIRe,
 * arXiv:2510.23943. Fewer than `count` where there are not as many.
 *
 * @throws RangeError when the count is not a positive integer, TypeError when the field has no input frequencies
 */
export const doubledFrequencies = async (
  field: Field,
  options: DoubledFrequenciesOptions,
): Promise<readonly AngularFrequency[]> => {
  assertOptions('doubledFrequencies', options, { count: 1, maxFrequency: 1, criterion: 1 });
  const { count, maxFrequency = Number.POSITIVE_INFINITY, criterion = outgoingNorm() } = options;
  assertCount('doubledFrequencies: count', count);
  const structure = structureOf(field.spec, field.extensions);
  const flat = await readParameters(field);
  const { layer, frequencies } = frequenciesOf('doubledFrequencies', structure, flat);
  const ranked = await candidatesOf('doubledFrequencies', structure, flat, criterion, {
    layers: [layer],
    scope: 'layer',
  });
  const units = structure.layers.get(layer) ?? [];
  const strongest = [...ranked].reverse().map(({ unit }) => frequencies[units.indexOf(unit)] ?? []);
  const doubled = strongest
    .map(frequency => frequency.map(component => 2 * component))
    .filter(frequency => norm(frequency) > 0 && frequency.every(component => Math.abs(component) <= maxFrequency));
  return firstNew(doubled, frequencies, count);
};

/** An amplitude spectrum, as `amplitudeSpectrum` of `@neural-fields/core/spectra` returns it. */
export interface Spectrum {
  /** Row-major. */
  readonly amplitudes: ArrayLike<number>;
  readonly shape: readonly number[];
  /** The frequencies along each axis, in cycles per unit of the coordinate. */
  readonly frequencies: readonly ArrayLike<number>[];
}

/** The options of {@link spectralPeaks}. */
export interface SpectralPeaksOptions {
  readonly count: number;
  /** Frequencies that are not wanted again, in radians per unit, e.g. those of the field; none if absent. */
  readonly known?: readonly AngularFrequency[];
}

/**
 * The frequencies where a spectrum is largest among its neighbours, the largest first, e.g. those that the residual of
 * a fit still has. Of a frequency and its negative one is taken; 0 is not.
 *
 * @throws RangeError when the count is not a positive integer or the spectrum does not have as many values as its shape
 */
export const spectralPeaks = (spectrum: Spectrum, options: SpectralPeaksOptions): readonly AngularFrequency[] => {
  assertOptions('spectralPeaks', options, { count: 1, known: 1 });
  const { count, known = [] } = options;
  assertCount('spectralPeaks: count', count);
  const { amplitudes, shape, frequencies } = spectrum;
  const size = shape.reduce((product, length) => product * length, 1);
  if (amplitudes.length !== size || frequencies.length !== shape.length)
    throw new RangeError(`spectralPeaks: the spectrum must have ${size} amplitudes, got ${amplitudes.length}`);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const place = (index: number): number[] =>
    shape.map((length, axis) => Math.floor(index / (strides[axis] as number)) % length);
  const isPeak = (index: number): boolean => {
    const at = place(index);
    return shape.every((length, axis) =>
      [-1, 1].every(step => {
        const neighbour = (at[axis] as number) + step;
        if (neighbour < 0 || neighbour >= length) return true;
        return (amplitudes[index + step * (strides[axis] as number)] as number) <= (amplitudes[index] as number);
      }),
    );
  };
  const peaks = Array.from({ length: size }, (_, index) => index)
    .filter(index => (amplitudes[index] as number) > 0 && isPeak(index))
    .sort((a, b) => (amplitudes[b] as number) - (amplitudes[a] as number))
    .map(index => place(index).map((i, axis) => 2 * Math.PI * (frequencies[axis]?.[i] as number)))
    .filter(frequency => norm(frequency) > 0);
  return firstNew(peaks, known, count);
};
