/** @file The progress of a run on standard error, with lines that stay. */
import { createProgress, type Output } from '@neural-fields/app-kit';

/** Shows how far the run is. */
export interface RunProgress {
  /** The next piece of work begins. */
  advance(doing: string): void;
  /** Prints a line that stays. */
  log(line: string): void;
  /** Warns about a problem that does not stop the run. */
  warn(line: string): void;
  /** Restores the terminal. May be called twice. */
  stop(): void;
}

/** @param total how many pieces of work there are at most */
export const createRunProgress = (output: Output, total: number): RunProgress => {
  const progress = createProgress(output, { total, unit: 'turn', transient: true });
  let [begun, done] = [0, 0];
  return {
    advance: doing => {
      // Work before the first turn, such as an installation, does not predict the time of the turns.
      if (done === 0) begun = performance.now();
      const secondsPerTurn = done === 0 ? Number.NaN : (performance.now() - begun) / 1000 / done;
      done = Math.min(total, done + 1);
      progress.update(done, [doing], secondsPerTurn * (total - done + 1));
    },
    log: line => {
      progress.stop();
      output.log(line);
    },
    warn: line => {
      progress.stop();
      output.warn(line);
    },
    stop: () => progress.stop(),
  };
};
