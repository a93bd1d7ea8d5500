/** @file The progress of a run whose pieces of work take different times. */
import { createProgress, type Output } from '@neural-fields/app-kit';
import type { RunProgress } from '../progress.ts';

/** Shows which share of the work is done, and how long the rest takes. */
export interface WeightedProgress extends RunProgress {
  /** The expected seconds of all work from now on. A second call corrects them. */
  expect(seconds: number): void;
  /** A piece of the expected work is done. */
  done(seconds: number): void;
}

/** Units that are shown: per cent. */
const WHOLE = 100;

/** Shows the progress on standard error, with lines that stay. */
export const createWeightedProgress = (output: Output): WeightedProgress => {
  const progress = createProgress(output, { total: WHOLE, unit: 'per cent', transient: true });
  let [begun, expected, finished] = [performance.now(), Number.NaN, 0];
  let doing = '';
  const update = (): void => {
    const share = expected > 0 ? Math.min(1, finished / expected) : 0;
    const elapsed = (performance.now() - begun) / 1000;
    // Before anything is done, the prediction counts; then the speed at which it came true.
    const speed = finished > 0 ? elapsed / finished : 1;
    progress.update(Number((WHOLE * share).toFixed(1)), [doing], Math.max(0, expected - finished) * speed);
  };
  const stopping =
    (write: (line: string) => void) =>
    (line: string): void => {
      progress.stop();
      write(line);
      update();
    };
  return {
    expect: seconds => {
      [begun, expected, finished] = [performance.now(), seconds, 0];
    },
    done: seconds => {
      finished += seconds;
      update();
    },
    advance: what => {
      doing = what;
      update();
    },
    log: stopping(line => output.log(line)),
    warn: stopping(line => output.warn(line)),
    stop: () => progress.stop(),
  };
};
