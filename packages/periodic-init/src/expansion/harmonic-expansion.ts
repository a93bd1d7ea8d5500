/**
 * @file The expansion of a neuron behind a layer of sines into a sum of sines:
 *
 *     sin(sum_j W_j sin(omega_j x + phi_j) + b) = sum over k in Z^m of alpha_k sin(beta_k x + lambda_k)
 *     alpha_k = prod_j J_(k_j)(W_j),   beta_k = sum_j k_j omega_j,   lambda_k = sum_j k_j phi_j + b
 *
 *   Novello et al. 2025, arXiv:2407.21121, theorem 1. The squares of all amplitudes sum to 1, since those of the J_k
 *   do.
 */
import { assertCount, assertNonNegative, assertOptions } from '@neural-fields/core/options';
import { besselJ, besselJs, logBesselBound, signedOrder } from '../bessel.ts';
import { type Change, type Choice, largestProducts } from './best-first.ts';
import type { SinusoidalPair } from './sinusoidal-pair.ts';

/** An integer for some of the input frequencies; it is 0 for the others. */
export type Orders = ReadonlyMap<number, number>;

/** One term alpha sin(beta x + lambda) of an expansion. */
export interface HarmonicTerm {
  /** The integers k_j that are not 0, by the index j of the input frequency. */
  readonly orders: Orders;
  /** alpha. */
  readonly amplitude: number;
  /** beta `[inFeatures]`, in radians per unit of the coordinate. */
  readonly frequency: Float64Array;
  /** lambda. */
  readonly phase: number;
}

/** The options of {@link harmonicExpansion}. */
export interface HarmonicExpansionOptions {
  /** The index i of the neuron in the second layer. */
  readonly neuron: number;
  /** The bound B on max_j |k_j|. If absent, all orders whose factor float64 can tell from 0. */
  readonly maxOrder?: number;
  /** Ends the expansion at the first amplitude below it; 0 if absent. */
  readonly minAmplitude?: number;
  /** The largest number of terms, which bounds time and memory; 4096 if absent. */
  readonly maxTerms?: number;
}

/** A truncated expansion. */
export interface HarmonicExpansion {
  /** In descending order of |alpha|: no term that is left out is larger than the last one. */
  readonly terms: readonly HarmonicTerm[];
  /** The sum of the squares of the amplitudes that are left out: 1 minus that of the terms. */
  readonly remainingEnergy: number;
  /** Whether all terms of at least `minAmplitude` are there, that is, `maxTerms` was not reached. */
  readonly complete: boolean;
}

/** The default number of terms. */
export const DEFAULT_TERMS = 4096;

/** Factors below it do not count beside the largest one of their column, which is at least about 0.3 for |W| < 4. */
const NEGLIGIBLE = Number.EPSILON;

const neuronCount = ({ biases }: SinusoidalPair): number => biases.length;

/** The number m of input frequencies. */
export const inputCount = ({ phases }: SinusoidalPair): number => phases.length;

/** The weights of one neuron. */
const weightsOf = (pair: SinusoidalPair, neuron: number): Float64Array => {
  const n = neuronCount(pair);
  if (!(Number.isInteger(neuron) && neuron >= 0 && neuron < n))
    throw new RangeError(`harmonicExpansion: neuron must be an integer from 0 to ${n - 1}, got ${neuron}`);
  return Float64Array.from({ length: inputCount(pair) }, (_, j) => pair.weights[j * n + neuron] as number);
};

/** The orders k with J_k(w), in descending order of their absolute values. */
const choicesOf = (weight: number, maxOrder: number): Choice[] => {
  let highest = 0;
  const negligible = Math.log(NEGLIGIBLE);
  while (highest < maxOrder && (highest < Math.abs(weight) || logBesselBound(highest + 1, weight) > negligible))
    highest++;
  const values = besselJs(highest, weight);
  const choices: Choice[] = [];
  for (let k = -highest; k <= highest; k++)
    choices.push({ order: k, factor: signedOrder(k, values[Math.abs(k)] as number) });
  // Ties, such as k and -k, in a fixed order.
  return choices.sort(
    (a, b) => Math.abs(b.factor) - Math.abs(a.factor) || Math.abs(a.order) - Math.abs(b.order) || b.order - a.order,
  );
};

/** The frequency and the phase of a term. */
const waveOf = (pair: SinusoidalPair, neuron: number, orders: Orders): Pick<HarmonicTerm, 'frequency' | 'phase'> => {
  const { inFeatures, frequencies, phases, biases } = pair;
  const frequency = new Float64Array(inFeatures);
  let phase = biases[neuron] as number;
  for (const [j, k] of orders) {
    phase += k * (phases[j] as number);
    for (let axis = 0; axis < inFeatures; axis++)
      frequency[axis] = (frequency[axis] as number) + k * (frequencies[j * inFeatures + axis] as number);
  }
  return { frequency, phase };
};

/**
 * One term of the expansion of a neuron, for given integers.
 *
 * @param orders the integers k_j by the index j of the input frequency; those that are absent are 0
 * @throws RangeError when there is no such neuron or input frequency, or an order is not an integer
 */
export const harmonicTerm = (pair: SinusoidalPair, neuron: number, orders: Orders): HarmonicTerm => {
  const weights = weightsOf(pair, neuron);
  for (const [j, k] of orders)
    if (!(Number.isInteger(j) && j >= 0 && j < weights.length && Number.isInteger(k)))
      throw new RangeError(
        `harmonicTerm: orders must be integers of the input frequencies 0 to ${weights.length - 1}, got ${k} of ${j}`,
      );
  const amplitude = weights.reduce((product, weight, j) => product * besselJ(orders.get(j) ?? 0, weight), 1);
  const nonzero = new Map([...orders].filter(([, k]) => k !== 0));
  return { orders: nonzero, amplitude, ...waveOf(pair, neuron, nonzero) };
};

/**
 * The bound prod_j (|W_j| / 2)^|k_j| / |k_j|! on the amplitude of a term: Novello et al. 2025, arXiv:2407.21121,
 * corollary of theorem 1, from 9.1.62 of Abramowitz and Stegun 1964.
 *
 * @throws RangeError when there is no such neuron
 */
export const amplitudeBound = (pair: SinusoidalPair, neuron: number, orders: Orders): number => {
  const weights = weightsOf(pair, neuron);
  let total = 0;
  for (const [j, k] of orders) total += logBesselBound(k, weights[j] as number);
  return Math.exp(total);
};

/** A term, and how its orders differ from those of the largest one. */
interface LargeTerm extends Omit<HarmonicTerm, 'orders'> {
  readonly largest: Orders;
  readonly changes: readonly Change[];
}

const ordersOf = ({ largest, changes }: LargeTerm): Orders => {
  const orders = new Map(largest);
  for (const { column, choice } of changes) {
    if (choice.order === 0) orders.delete(column);
    else orders.set(column, choice.order);
  }
  return orders;
};

/**
 * The terms of a neuron in descending order of their amplitudes, as many as the caller takes.
 *
 * @param maxOrder the bound on max_j |k_j|
 */
export function* largestTerms(
  pair: SinusoidalPair,
  neuron: number,
  maxOrder: number = Number.POSITIVE_INFINITY,
): Generator<LargeTerm, void> {
  const { inFeatures, frequencies, phases } = pair;
  const lists = Array.from(weightsOf(pair, neuron), weight => choicesOf(weight, maxOrder));
  const orderOf = (column: number): number => (lists[column] as [Choice])[0].order;
  const largest = new Map<number, number>();
  for (const column of lists.keys()) if (orderOf(column) !== 0) largest.set(column, orderOf(column));
  const start = waveOf(pair, neuron, largest);
  for (const { value: amplitude, changes } of largestProducts(lists)) {
    const frequency = start.frequency.slice();
    let { phase } = start;
    for (const { column, choice } of changes) {
      const k = choice.order - orderOf(column);
      phase += k * (phases[column] as number);
      for (let axis = 0; axis < inFeatures; axis++)
        frequency[axis] = (frequency[axis] as number) + k * (frequencies[column * inFeatures + axis] as number);
    }
    yield { amplitude, frequency, phase, largest, changes };
  }
}

/** @throws RangeError when an option is out of its range */
export const assertTruncation = (name: string, { maxOrder, minAmplitude = 0, maxTerms = 1 }: Truncation): void => {
  if (maxOrder !== undefined) assertCount(`${name}: maxOrder`, maxOrder, 0);
  assertCount(`${name}: maxTerms`, maxTerms);
  assertNonNegative(`${name}: minAmplitude`, minAmplitude);
};

/** Where an expansion ends. */
export type Truncation = Omit<HarmonicExpansionOptions, 'neuron'>;

/**
 * The largest terms of the expansion of a neuron in the second layer, found by a best-first search: nothing that is
 * smaller than the last one is listed.
 *
 * @throws RangeError when an option is out of its range
 */
export const harmonicExpansion = (pair: SinusoidalPair, options: HarmonicExpansionOptions): HarmonicExpansion => {
  assertOptions('harmonicExpansion', options, { neuron: 1, maxOrder: 1, minAmplitude: 1, maxTerms: 1 });
  assertTruncation('harmonicExpansion', options);
  const { neuron, maxOrder, minAmplitude = 0, maxTerms = DEFAULT_TERMS } = options;
  const terms: HarmonicTerm[] = [];
  let energy = 0;
  let complete = true;
  for (const term of largestTerms(pair, neuron, maxOrder)) {
    const { amplitude, frequency, phase } = term;
    if (Math.abs(amplitude) < minAmplitude) break;
    if (terms.length === maxTerms) {
      complete = false;
      break;
    }
    terms.push({ orders: ordersOf(term), amplitude, frequency, phase });
    energy += amplitude ** 2;
  }
  return { terms, remainingEnergy: Math.max(0, 1 - energy), complete };
};

/**
 * The sum of terms at points, in float64.
 *
 * @param coords row-major `[n, inFeatures]`
 * @returns `[n]`
 */
export const evaluateExpansion = (terms: readonly HarmonicTerm[], coords: ArrayLike<number>): Float64Array => {
  const inFeatures = terms[0]?.frequency.length ?? 1;
  const values = new Float64Array(coords.length / inFeatures);
  for (const { amplitude, frequency, phase } of terms)
    for (let point = 0; point < values.length; point++) {
      let angle = phase;
      for (let axis = 0; axis < inFeatures; axis++)
        angle += (frequency[axis] as number) * (coords[point * inFeatures + axis] as number);
      values[point] = (values[point] as number) + amplitude * Math.sin(angle);
    }
  return values;
};
