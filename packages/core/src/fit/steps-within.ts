/** @file The number of steps that fit into a given time, measured once before a fit. */

import { keep, tidy, type Variable } from '@tensorflow/tfjs-core';
import { assertPositive } from '../assert-number.ts';
import type { Model, ModelDescription } from '../model.ts';
import { assertOptions } from '../options.ts';
import { DivergenceError } from './divergence.ts';
import { fit } from './fit.ts';
import { type FitOptions, fitOptionNames } from './fit-options.ts';
import { readModelCheckpoint } from './read-checkpoint.ts';
import { SourceStateStore } from './source-states.ts';
import type { ObjectiveTerm } from './term.ts';

/** The options of {@link stepsWithin}: those of the fit, of which `until` and `adapt` are not applied, and its time. */
export interface StepsWithinOptions extends Omit<FitOptions, 'steps'> {
  /** The time that all steps may take, including those of the measurement. */
  readonly seconds: number;
  /** A clock in milliseconds; `performance.now` if absent. */
  readonly now?: () => number;
}

/** The number of report intervals that are timed, after the first report, whose steps compile and allocate. */
const TIMED = 5;
/** The maximum number of steps between reports while they are timed. */
const MAX_REPORT_EVERY = 10;
/** The share of the time after which no further interval is timed. */
const MEASURING_SHARE = 0.1;
/** Whether the fit itself can deal with an error: it has its own limits, and may recover. */
const isDivergence = (error: unknown): boolean => error instanceof DivergenceError && !error.beforeAnyUpdate;

/** The total number of steps for schedules: all factors are those at the beginning of a long fit. */
const NOMINAL_STEPS = 1000;

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
};

/**
 * The number of steps of a fit that takes about `seconds`. If the checkpoint store has a checkpoint, it is the number
 * of that run. Otherwise it is measured: a few steps are run, and timed except for the first ones; then the previous
 * state of the model and its point sources is restored. The clock decides nothing else, so a fit with this number of
 * steps resumes to the same bits.
 *
 * ```ts
 * const options = { optimizer: adam({ learningRate: 1e-3 }), schedule: cosine(), checkpoint: { store } };
 * const steps = await stepsWithin(field, terms, { ...options, seconds: 30 });
 * for await (const { loss } of fit(field, terms, { ...options, steps })) show(loss);
 * ```
 *
 * Other work between steps, e.g. drawing the field at every report, is not timed and makes the fit longer. If the fit
 * diverges within these steps, those until then are timed: the fit itself says so.
 *
 * @param options those of the fit that its steps depend on, and `seconds`
 * @returns at least 1
 * @throws what {@link fit} throws, but for a divergence after the first update; RangeError when `seconds` is not a
 *   positive number
 */
export const stepsWithin = async (
  model: Model,
  terms: readonly ObjectiveTerm[],
  options: StepsWithinOptions,
): Promise<number> => {
  assertOptions('stepsWithin', options, { ...fitOptionNames, seconds: 1, now: 1 });
  const { seconds, now = () => performance.now(), checkpoint, until: _, adapt, ...timed } = options;
  assertPositive('stepsWithin: seconds', seconds);
  const begun = now();
  const bytes = checkpoint?.resume === undefined ? await checkpoint?.store.read() : undefined;
  const restore = adapt && ((description: ModelDescription) => adapt.restore(description));
  const saved = checkpoint?.resume ?? (bytes && readModelCheckpoint(bytes, model, restore).checkpoint);
  if (saved?.steps !== undefined) return saved.steps;
  const reportEvery = Math.min(timed.reportEvery ?? 1, MAX_REPORT_EVERY);
  const states = new SourceStateStore(terms);
  const before = states.read();
  const variables = Object.values(model.parameters) as Variable[];
  const initial = tidy(() => variables.map(variable => keep(variable.clone())));
  const divergence = { spikeFactor: Number.POSITIVE_INFINITY };
  const intervals: number[] = [];
  let last: number | undefined;
  try {
    for await (const _ of fit(model, terms, { ...timed, divergence, reportEvery, steps: NOMINAL_STEPS })) {
      const at = now();
      if (last !== undefined) intervals.push(at - last);
      last = at;
      const spent = at - begun;
      if (intervals.length >= TIMED || (intervals.length > 0 && spent > 1000 * MEASURING_SHARE * seconds)) break;
      if (spent >= 1000 * seconds) break;
    }
  } catch (error) {
    if (!isDivergence(error)) throw error;
    if (intervals.length === 0) intervals.push(now() - begun);
  } finally {
    for (const [index, variable] of variables.entries()) {
      const values = initial[index];
      if (values === undefined) continue;
      variable.assign(values);
      values.dispose();
    }
    states.restore(before);
  }
  if (intervals.length === 0) return 1;
  const left = seconds - (now() - begun) / 1000;
  return Math.max(1, Math.floor((1000 * left * reportEvery) / Math.max(medianOf(intervals), Number.EPSILON)));
};
