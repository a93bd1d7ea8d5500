/** @file Signals: samples of functions, which a prior is trained on. */
import type { Rng } from '@neural-fields/core';
import { createRng } from '@neural-fields/core';
import { assertOptions, assertShare } from '@neural-fields/core/options';

/** Samples of one function. */
export interface Signal {
  /** `f32[n, inFeatures]`. Signals on one grid should share one array: they then share the points of a step too. */
  readonly coords: Float32Array;
  /** By name, each `f32[n, k]`: `value`, and what else the loss needs, e.g. `gradient`. */
  readonly targets: Readonly<Record<string, Float32Array>>;
  /** What it is, e.g. the digit. */
  readonly label?: string;
}

/** A division of signals. */
export interface SignalSplit<S extends Signal = Signal> {
  readonly train: readonly S[];
  readonly validation: readonly S[];
  readonly test: readonly S[];
}

/** The options of {@link splitSignals}. */
export interface SplitOptions {
  /** The share of the validation set; 0.1 if absent. */
  readonly validation?: number;
  /** The share of the test set; 0.1 if absent. */
  readonly test?: number;
  /** The seed for the order; 0 if absent. */
  readonly seed?: number;
}

/** The items in a random order. */
export const shuffled = <T>(items: Iterable<T>, rng: Rng): T[] => {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
};

/**
 * Divides signals at random into a training, a validation and a test set: the same for the same seed and order.
 *
 * @throws RangeError when a share is not in [0, 1], or when nothing is left for training
 */
export const splitSignals = <S extends Signal>(signals: Iterable<S>, options: SplitOptions = {}): SignalSplit<S> => {
  assertOptions('splitSignals', options, { validation: 1, test: 1, seed: 1 });
  const { validation = 0.1, test = 0.1, seed = 0 } = options;
  assertShare('splitSignals: validation', validation);
  assertShare('splitSignals: test', test);
  const all = shuffled(signals, createRng(seed).fork('split'));
  const [held, tested] = [Math.round(validation * all.length), Math.round(test * all.length)];
  if (held + tested >= all.length)
    throw new RangeError(
      `splitSignals: ${all.length} signals leave none for training beside ${held} for validation and ${tested} for testing`,
    );
  return {
    test: all.slice(0, tested),
    validation: all.slice(tested, tested + held),
    train: all.slice(tested + held),
  };
};
