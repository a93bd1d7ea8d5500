/** @file Progress: a bar on a terminal, now and then a line elsewhere. */
import cliProgress from 'cli-progress';
import { formatSeconds } from './format.ts';
import type { Output } from './output.ts';

/** Shows how far some work is. */
export interface Progress {
  /** @param figures what else is known, e.g. `['PSNR 30.12 dB', '4.1 steps/s']` */
  update(done: number, figures: readonly string[], secondsLeft: number): void;
  /** Leaves the terminal as it should be. May be called twice. */
  stop(): void;
}

/** What progress is counted in. */
export interface ProgressOptions {
  readonly total: number;
  /** E.g. `step`. */
  readonly unit: string;
}

/** Lines are written for every tenth of the work, and after this many milliseconds without one. */
const LINE_EVERY = 15_000;

const lines = (output: Output, { total, unit }: ProgressOptions): Progress => {
  let shownAt = Number.NEGATIVE_INFINITY;
  let tenth = -1;
  return {
    update(done, figures, secondsLeft) {
      const now = performance.now();
      const reached = Math.floor((10 * done) / total);
      if (reached === tenth && now - shownAt < LINE_EVERY) return;
      tenth = reached;
      shownAt = now;
      const left = done < total ? [`${formatSeconds(secondsLeft)} left`] : [];
      output.log([`${unit} ${done}/${total}`, ...figures, ...left].join('  '));
    },
    stop: () => undefined,
  };
};

const bar = ({ total, unit }: ProgressOptions): Progress => {
  const single = new cliProgress.SingleBar({
    format: `{bar} ${unit} {value}/{total}  {figures}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    stream: process.stderr,
    fps: 10,
    gracefulExit: false,
  });
  let started = false;
  return {
    update(done, figures, secondsLeft) {
      const left = done < total ? [`${formatSeconds(secondsLeft)} left`] : [];
      const payload = { figures: [...figures, ...left].join('  ') };
      if (started) single.update(done, payload);
      else single.start(total, done, payload);
      started = true;
    },
    stop: () => {
      if (started) single.stop();
      started = false;
    },
  };
};

const silent: Progress = { update: () => undefined, stop: () => undefined };

/** Progress on stderr; none with `--quiet` or `--json`. */
export const createProgress = (output: Output, options: ProgressOptions): Progress => {
  if (output.quiet || output.json) return silent;
  return process.stderr.isTTY ? bar(options) : lines(output, options);
};
