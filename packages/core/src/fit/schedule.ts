/** @file Learning-rate schedules: a factor on the optimizer's learning rate for every step. */
import { assertOptions } from '../options.ts';

/** A factor on the learning rate. */
export interface Schedule {
  /** Describes the schedule with all its parameters; a resumed run must have the same description. */
  describe(steps: number): string;
  /** The factor at `step` of `steps`; the first step is 1. */
  factor(step: number, steps: number): number;
}

/**
 * A schedule's factor.
 *
 * @throws RangeError when it is negative or not a finite number: one such step would ruin all parameters
 */
export const factorAt = (schedule: Schedule, step: number, steps: number): number => {
  const factor = schedule.factor(step, steps);
  if (!(Number.isFinite(factor) && factor >= 0))
    throw new RangeError(
      `fit: schedule '${schedule.describe(steps)}' must give a factor that is a finite number of at least 0, got ${factor} for step ${step}`,
    );
  return factor;
};

const assertNumber = (what: string, value: number, valid: boolean, wanted: string): void => {
  if (!valid) throw new RangeError(`${what} must be ${wanted}, got ${value}`);
};

/** The constant factor 1. */
export const constant = (): Schedule => ({ describe: () => 'constant', factor: () => 1 });

/**
 * A half cosine from 1 at the first step to `final` at the last: Loshchilov and Hutter 2017, arXiv:1608.03983, equation
 * 5.
 */
export const cosine = (final = 0): Schedule => {
  assertNumber('cosine: final', final, final >= 0 && final <= 1, 'a number from 0 to 1');
  return {
    describe: steps => `cosine to ${final} over ${steps} steps`,
    factor: (step, steps) =>
      final + ((1 - final) * (1 + Math.cos((Math.PI * (step - 1)) / Math.max(1, steps - 1)))) / 2,
  };
};

/** Geometric decay from 1 at the first step to `final` at the last. */
export const exponential = (final: number): Schedule => {
  assertNumber('exponential: final', final, final > 0 && final <= 1, 'a number in (0, 1]');
  return {
    describe: steps => `exponential to ${final} over ${steps} steps`,
    factor: (step, steps) => final ** ((step - 1) / Math.max(1, steps - 1)),
  };
};

/** Multiplies by `gamma` after every `every` steps. */
export const stepDecay = (every: number, gamma: number): Schedule => {
  assertNumber('stepDecay: every', every, Number.isInteger(every) && every >= 1, 'a positive integer');
  assertNumber('stepDecay: gamma', gamma, gamma > 0 && gamma <= 1, 'a number in (0, 1]');
  return {
    describe: () => `times ${gamma} every ${every} steps`,
    factor: step => gamma ** Math.floor((step - 1) / every),
  };
};

/** A linear warm-up over the first `count` steps, multiplied with another schedule. */
export const warmup = (count: number, then: Schedule = constant()): Schedule => {
  assertNumber('warmup: count', count, Number.isInteger(count) && count >= 1, 'a positive integer');
  return {
    describe: steps => `warm-up over ${count} steps, then ${then.describe(steps)}`,
    factor: (step, steps) => Math.min(1, step / count) * then.factor(step, steps),
  };
};

/** The options of {@link warmupStableDecay}. */
export interface WarmupStableDecayOptions {
  /** Steps of the linear warm-up; 0 if absent. */
  readonly warmup?: number;
  /** The share of all steps at the end in which the rate decays; 0.2 if absent. */
  readonly decay?: number;
  /** The factor at the last step; 0 if absent. */
  readonly final?: number;
}

/**
 * Warm-up, then the constant factor 1, then a decay to `final` at the last step: Hu et al. 2024, arXiv:2404.06395,
 * section 4. With s the completed share of the decay, the factor is 1 - (1 - final) sqrt(s), the `1-sqrt` cooldown
 * of Hägele et al. 2024, arXiv:2405.18392, section 3.
 *
 * @throws RangeError or TypeError when an option is wrong
 */
export const warmupStableDecay = (options: WarmupStableDecayOptions = {}): Schedule => {
  assertOptions('warmupStableDecay', options, { warmup: 1, decay: 1, final: 1 });
  const { warmup: count = 0, decay = 0.2, final = 0 } = options;
  const what = 'warmupStableDecay:';
  assertNumber(`${what} warmup`, count, Number.isInteger(count) && count >= 0, 'an integer of at least 0');
  assertNumber(`${what} decay`, decay, decay >= 0 && decay <= 1, 'a number from 0 to 1');
  assertNumber(`${what} final`, final, final >= 0 && final <= 1, 'a number from 0 to 1');
  return {
    describe: steps => `warm-up over ${count} steps, constant, decay to ${final} over ${decay} of ${steps} steps`,
    factor: (step, steps) => {
      const last = steps - 1;
      const done = (step - 1 - (1 - decay) * last) / Math.max(1, decay * last);
      return Math.min(1, step / Math.max(1, count)) * (1 - (1 - final) * Math.sqrt(Math.max(0, done)));
    },
  };
};
