/** @file The losses at all points of a set, measured before some steps: for sources that choose points by loss. */
import type { FitStep, PointBatch, PointScoring, SourceState } from '@neural-fields/core';
import { consecutive, type PointSet } from './point-set.ts';

/** How often a set is scored. */
export interface ScoreOptions {
  /**
   * Steps between two passes over all points, at the first step and at the last, and linear in between. A pass computes
   * no gradient.
   */
  readonly every?: readonly [first: number, last: number];
}

/** Scores that depend on more than the losses. */
export interface ScoreGuidance {
  /** Whether the pass before this step is guided. */
  applies(at: FitStep): boolean;
  /** The scores `f32[size]`, from the losses `f32[size]` and the field's values `f32[size, outFeatures]`. */
  scores(losses: Float32Array, values: Float32Array): Float32Array;
}

/** The latest losses at the points of a set, and the hooks of a source that measure and store them. */
export interface PointScores {
  readonly scoring: PointScoring;
  readonly state: SourceState;
}

/** The largest float32. It replaces losses that are not finite, since checkpoints only hold finite values. */
const MAX_FLOAT = 3.4028234663852886e38;
/** Integers below this are exact in float32. */
const EXACT = 2 ** 24;
/** The number of the last scored step, in two parts, comes before the losses. */
const HEAD = 2;

const joined = (parts: readonly Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
};

/** @throws RangeError when the intervals are not two positive integers */
const assertIntervals = (caller: string, every: readonly number[]): void => {
  if (every.length !== 2 || !every.every(steps => Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(`${caller}: every must be two positive integers, got [${every.join(', ')}]`);
};

/**
 * Scores a set before step 1, and then at the intervals given by `every`.
 *
 * @param caller for messages
 * @param guidance what changes the losses to scores; they are the scores if absent
 * @param drawAll the points of a pass by their indices, with the targets that the loss needs
 * @param changed called with the losses `f32[size]` after each pass, and when a checkpoint is restored
 * @throws RangeError when `every` is invalid
 */
export const createPointScores = (
  caller: string,
  points: PointSet,
  {
    every = [100, 50],
    drawAll = indices => points.at(indices),
    guidance,
    changed,
  }: ScoreOptions & {
    readonly drawAll?: (indices: Float64Array) => PointBatch;
    readonly guidance?: ScoreGuidance | undefined;
    readonly changed: (losses: Float32Array) => void;
  },
): PointScores => {
  assertIntervals(caller, every);
  const { size } = points;
  // Replaced as a whole and never modified, so that it can be given away without a copy.
  let packed = new Float32Array(0);
  let next = new Float32Array(0);
  let seen: Float32Array[] = [];
  const lastStep = (): number => (packed.length === 0 ? 0 : packed[0]! + EXACT * packed[1]!);
  const intervalAt = ({ step, steps }: FitStep): number =>
    Math.max(1, Math.round(every[0] + ((every[1] - every[0]) * (step - 1)) / Math.max(1, steps - 1)));
  return {
    scoring: {
      size,
      due: at => packed.length === 0 || at.step - lastStep() >= intervalAt(at),
      draw: (start, count) => drawAll(consecutive(start, count)),
      ...(guidance && { needsValues: at => guidance.applies(at) }),
      take(losses, start, at, values) {
        const { step } = at;
        if (start === 0) {
          next = new Float32Array(HEAD + size);
          seen = [];
        }
        next.set(losses, HEAD + start);
        if (values) seen.push(values);
        if (start + losses.length < size) return;
        const own = next.subarray(HEAD);
        if (guidance?.applies(at)) own.set(guidance.scores(own, joined(seen)));
        seen = [];
        for (const [i, score] of own.entries()) if (!Number.isFinite(score)) own[i] = MAX_FLOAT;
        next[0] = step % EXACT;
        next[1] = Math.floor(step / EXACT);
        packed = next;
        changed(packed.subarray(HEAD));
      },
    },
    state: {
      read: () => packed,
      restore(values) {
        if (values.length !== 0 && values.length !== HEAD + size)
          throw new RangeError(`${caller}: the state must have ${HEAD + size} values, got ${values.length}`);
        packed = values.slice();
        if (packed.length > 0) changed(packed.subarray(HEAD));
      },
    },
  };
};
