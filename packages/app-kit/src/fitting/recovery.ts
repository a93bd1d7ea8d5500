/**
 * @file Recovery of a fit that has diverged: it resumes from its last good step with half the learning rate. The
 * checkpoint stores the factor that this has led to.
 */
import { CheckpointError, type CheckpointStore, type DivergenceOptions, type Schedule } from '@neural-fields/core';

/**
 * What counts as a jump of the loss while a fit may still recover, of signals that say nothing else: ten times the
 * recent losses, and a hundredth of the first one. Fits of pictures at a constant rate that ended well had losses up to
 * three times the recent ones (docs/defaults.md); smaller losses jump more, and come down again.
 */
export const JUMP: DivergenceOptions = { spikeFactor: 10, firstFactor: 0.01 };

/** The key of a checkpoint's metadata under which the factor on the learning rate stands. */
export const FACTOR_KEY = 'learning-rate-factor';

/**
 * The factor that an earlier run has come to; 1 when there was none.
 *
 * @throws CheckpointError when it is none that halving leads to
 */
export const factorIn = (metadata: Readonly<Record<string, string>>): number => {
  const text = metadata[FACTOR_KEY] ?? '1';
  const factor = Number(text);
  if (factor > 0 && factor <= 1) return factor;
  throw new CheckpointError(
    'damaged',
    `the checkpoint is damaged: its ${FACTOR_KEY} must be a number above 0, up to 1, got ${JSON.stringify(text.slice(0, 60))}`,
  );
};

/** The number of recoveries that have led to a factor. */
export const recoveriesOf = (factor: number): number => Math.round(Math.log2(1 / factor));

/** A schedule times a factor. It describes itself without it: a run is the same run after a recovery. */
export const slowed = (schedule: Schedule, factor: number): Schedule => ({
  describe: steps => schedule.describe(steps),
  factor: (step, steps) => factor * schedule.factor(step, steps),
});

/** A store for runs without a file: what a recovery goes back to. */
export const memoryStore = (): CheckpointStore => {
  let kept: Uint8Array | undefined;
  return {
    read: async () => kept,
    write: async bytes => {
      kept = bytes;
    },
  };
};
