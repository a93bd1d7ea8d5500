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

/** @throws RangeError when the intervals are not two positive integers */
const assertIntervals = (caller: string, every: readonly number[]): void => {
  if (every.length !== 2 || !every.every(steps => Number.isSafeInteger(steps) && steps >= 1))
    throw new RangeError(`${caller}: every must be two positive integers, got [${every.join(', ')}]`);
};

/**
 * Scores a set before step 1, and then at the intervals given by `every`.
 *
 * @param caller for messages
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
    changed,
  }: ScoreOptions & {
    readonly drawAll?: (indices: Float64Array) => PointBatch;
    readonly changed: (losses: Float32Array) => void;
  },
): PointScores => {
  assertIntervals(caller, every);
  const { size } = points;
  // Replaced as a whole and never modified, so that it can be given away without a copy.
  let packed = new Float32Array(0);
  let next = new Float32Array(0);
  const lastStep = (): number => (packed.length === 0 ? 0 : packed[0]! + EXACT * packed[1]!);
  const intervalAt = ({ step, steps }: FitStep): number =>
    Math.max(1, Math.round(every[0] + ((every[1] - every[0]) * (step - 1)) / Math.max(1, steps - 1)));
  return {
    scoring: {
      size,
      due: at => packed.length === 0 || at.step - lastStep() >= intervalAt(at),
      draw: (start, count) => drawAll(consecutive(start, count)),
      take(losses, start, { step }) {
        if (start === 0) next = new Float32Array(HEAD + size);
        for (const [i, loss] of losses.entries()) next[HEAD + start + i] = Number.isFinite(loss) ? loss : MAX_FLOAT;
        if (start + losses.length < size) return;
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
