/** @file The points of a prior's training steps: some of the signals, some of their samples, and a context of each. */
import type { PointBatch, PointSource, Rng, StepInputs } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import type { Observation } from '../encoders/encoder.ts';
import type { Signal } from './signal.ts';

/** The number of known samples of a signal: all of them, a number, or one drawn for every step. */
export type ContextSize = 'all' | number | { readonly min: number; readonly max: number };

/** A model that is trained on signals: a `Prior`, a `MetaLearner`. */
export interface SignalModel {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** b, the number of signals in a step. */
  readonly signalsPerStep: number;
  /** What is known of the signals of a step, as inputs of `fit`. */
  observe(observations: readonly Observation[]): StepInputs;
}

/** The options of {@link signalPoints}. */
export interface SignalPointsOptions {
  /** n, the number of samples of each signal in a step; all of its samples if absent. */
  readonly pointsPerSignal?: number;
  /** The number of samples that the encoder sees, drawn at random; all if absent. */
  readonly context?: ContextSize;
  /**
   * Whether all steps are about the first signals of the list, instead of random ones, e.g. to measure the error on a
   * validation set; false if absent. Samples and contexts are then those of the step.
   */
  readonly inOrder?: boolean;
}

/** `count` different integers from 0 to n - 1: a partial Fisher-Yates shuffle. */
export const chooseSome = (count: number, n: number, rng: Rng): Int32Array => {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + rng.integer(n - i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order.slice(0, count);
};

/** Rows of an array with `width` values in each. */
export const takeRows = (values: Float32Array, rows: Int32Array, width: number): Float32Array => {
  const taken = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) taken.set(values.subarray(row * width, (row + 1) * width), i * width);
  return taken;
};

/** What is known of a signal: some of its samples. */
export const observeSome = (
  { coords, targets }: Signal,
  rows: Int32Array,
  { inFeatures, outFeatures }: Pick<SignalModel, 'inFeatures' | 'outFeatures'>,
): Observation => ({
  coords: takeRows(coords, rows, inFeatures),
  values: takeRows(targets['value'] as Float32Array, rows, outFeatures),
});

/** @throws RangeError or TypeError when a signal does not fit */
const assertSignal = (
  { coords, targets }: Signal,
  index: number,
  { inFeatures, outFeatures }: Pick<SignalModel, 'inFeatures' | 'outFeatures'>,
): number => {
  const n = coords.length / inFeatures;
  if (!(Number.isInteger(n) && n >= 1))
    throw new RangeError(
      `signalPoints: the coords of signal ${index} must be [n, ${inFeatures}], got ${coords.length} values`,
    );
  const value = targets['value'];
  if (value === undefined || value.length !== n * outFeatures)
    throw new RangeError(
      `signalPoints: signal ${index} must have the target 'value' [${n}, ${outFeatures}], got ${value?.length ?? 'no'} values`,
    );
  for (const [name, target] of Object.entries(targets))
    if (target.length % n !== 0)
      throw new RangeError(
        `signalPoints: target '${name}' of signal ${index} must be [${n}, k], got ${target.length} values`,
      );
  return n;
};

const contextBounds = (context: ContextSize, least: number): { readonly min: number; readonly max: number } => {
  if (context === 'all') return { min: least, max: least };
  const { min, max } = typeof context === 'number' ? { min: context, max: context } : context;
  assertCount('signalPoints: the context size', min);
  assertCount('signalPoints: the context size', max, min);
  if (max > least)
    throw new RangeError(
      `signalPoints: the context must be at most ${least} samples, the fewest of a signal, got ${max}`,
    );
  return { min, max };
};

/**
 * The points of a prior's steps: `signalsPerStep` of the signals, without repetition, `pointsPerSignal` samples of
 * each, and a context of random samples for the encoder.
 *
 *     const points = signalPoints(prior, train, { context: { min: 10, max: 200 } });
 *     for await (const { loss } of fit(prior, priorTerms({ points, loss: mse() }), options)) ...
 *
 * @throws RangeError when there are fewer signals than in a step, or when one does not fit the prior
 */
export const signalPoints = (
  prior: SignalModel,
  signals: Iterable<Signal>,
  options: SignalPointsOptions = {},
): PointSource => {
  assertOptions('signalPoints', options, { pointsPerSignal: 1, context: 1, inOrder: 1 });
  return pointsOfSignals(prior, signals, options);
};

/** What {@link pointsOfSignals} needs of a model; without `observe`, a step has no inputs. */
type SignalConsumer = Omit<SignalModel, 'observe'> & Partial<Pick<SignalModel, 'observe'>>;

/** {@link signalPoints} for a prior, or for anything with as many fields. */
export const pointsOfSignals = (
  prior: SignalConsumer,
  signals: Iterable<Signal>,
  options: SignalPointsOptions,
): PointSource => {
  const all = [...signals];
  const { inFeatures, signalsPerStep } = prior;
  const observe = prior.observe?.bind(prior);
  if (all.length < signalsPerStep)
    throw new RangeError(`signalPoints: needs at least ${signalsPerStep} signals, those of a step, got ${all.length}`);
  const sizes = all.map((signal, index) => assertSignal(signal, index, prior));
  const least = sizes.reduce((a, b) => Math.min(a, b));
  const { pointsPerSignal = least, context = 'all', inOrder = false } = options;
  assertCount('signalPoints: pointsPerSignal', pointsPerSignal);
  if (options.pointsPerSignal === undefined && sizes.some(size => size !== least))
    throw new RangeError('signalPoints: pointsPerSignal must be given for signals with different numbers of samples');
  const bounds = contextBounds(context, least);
  const isShared = all.every(({ coords }) => coords === all[0]?.coords);
  const usesAll = options.pointsPerSignal === undefined;
  const names = Object.keys((all[0] as Signal).targets);

  const chosen = (rng: Rng): Int32Array =>
    inOrder
      ? Int32Array.from({ length: signalsPerStep }, (_, i) => i)
      : chooseSome(signalsPerStep, all.length, rng.fork('signals'));

  const observations = (rng: Rng): Observation[] => {
    const { min, max } = bounds;
    const k = min + rng.fork('context size').integer(max - min + 1);
    return Array.from(chosen(rng), (index, b) => {
      const n = sizes[index] as number;
      const every = context === 'all' || k === n ? Int32Array.from({ length: n }, (_, i) => i) : undefined;
      const rows = every ?? chooseSome(k, n, rng.fork('context', b));
      return { ...observeSome(all[index] as Signal, rows, prior), index };
    });
  };

  const rowsOf = (start: number, count: number, size: number, rng: Rng): Int32Array => {
    if (usesAll) return Int32Array.from({ length: count }, (_, i) => start + i);
    for (let skipped = 0; skipped < start; skipped++) rng.integer(size);
    return Int32Array.from({ length: count }, () => rng.integer(size));
  };

  return {
    inFeatures,
    pointsPerStep: pointsPerSignal,
    fields: signalsPerStep,
    fixed: inOrder && usesAll && observe === undefined,
    ...(observe && { inputs: (rng: Rng) => observe(observations(rng)) }),
    draw: (start: number, count: number, rng: Rng): PointBatch => {
      const indices = chosen(rng);
      const shared = isShared ? rowsOf(start, count, least, rng.fork('points')) : undefined;
      const rows = Array.from(
        indices,
        (index, b) => shared ?? rowsOf(start, count, sizes[index] as number, rng.fork('points', b)),
      );
      const joined = (arrays: readonly Float32Array[]): Float32Array => {
        const total = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
        let offset = 0;
        for (const array of arrays) {
          total.set(array, offset);
          offset += array.length;
        }
        return total;
      };
      const coordsOf = (b: number): Float32Array =>
        takeRows((all[indices[b] as number] as Signal).coords, rows[b] as Int32Array, inFeatures);
      return {
        coords: shared ? coordsOf(0) : joined(rows.map((_, b) => coordsOf(b))),
        targets: Object.fromEntries(
          names.map(name => [
            name,
            joined(
              rows.map((own, b) => {
                const index = indices[b] as number;
                const target = (all[index] as Signal).targets[name] as Float32Array;
                return takeRows(target, own, target.length / (sizes[index] as number));
              }),
            ),
          ]),
        ),
      };
    },
  };
};
