/**
 * @file Recovery of a fit that has diverged: it resumes from its last good step with half the learning rate. The
 * checkpoint stores the resulting factor.
 */
import { CheckpointError, type CheckpointStore, type DivergenceOptions, type Schedule } from '@neural-fields/core';

/**
 * What counts as a jump of the loss while a fit can still recover, for signals that do not specify it: ten times the
 * recent losses, and a hundredth of the first one. Fits of pictures at a constant rate that ended well had losses of up
 * to three times the recent ones (docs/defaults.md); smaller losses jump more, and come down again.
 */
export const JUMP: DivergenceOptions = { spikeFactor: 10, firstFactor: 0.01 };

/** The metadata key of the learning-rate factor in a checkpoint. */
export const FACTOR_KEY = 'learning-rate-factor';

/**
 * The learning-rate factor that an earlier run reached; 1 if there was none.
 *
 * @throws CheckpointError when it is not above 0 and at most 1
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

/** The number of recoveries that result in a factor. */
export const recoveriesOf = (factor: number): number => Math.round(Math.log2(1 / factor));

/** A schedule times a factor. Its description omits the factor: a run stays the same run after a recovery. */
export const slowed = (schedule: Schedule, factor: number): Schedule => ({
  describe: steps => schedule.describe(steps),
  factor: (step, steps) => factor * schedule.factor(step, steps),
});

/** A store in memory for runs without a file, from which recoveries resume. */
export const memoryStore = (): CheckpointStore => {
  let kept: Uint8Array | undefined;
  return {
    read: async () => kept,
    write: async bytes => {
      kept = bytes;
    },
  };
};
