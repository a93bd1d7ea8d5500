/** @file Progress: a bar on a terminal, and occasional lines elsewhere. */
import cliProgress from 'cli-progress';
import { formatSeconds } from './format.ts';
import type { Output } from './output.ts';

/** Shows how far some work has progressed. */
export interface Progress {
  /**
   * @param done how much is done; fractional within a long step
   * @param figures further figures, the most important first, e.g. `['PSNR 30.12 dB', '4.1 steps/s']`
   */
  update(done: number, figures: readonly string[], secondsLeft: number): void;
  /** Restores the terminal. May be called twice. */
  stop(): void;
}

/** What progress is counted in. */
export interface ProgressOptions {
  readonly total: number;
  /** E.g. `step`. */
  readonly unit: string;
  /** Whether a bar disappears when it is stopped, so that other lines can be written in its place. */
  readonly transient?: boolean;
}

/** `12`, and within a long step `12.3`. */
const formatDone = (done: number): string => (Number.isInteger(done) ? String(done) : done.toFixed(1));

/** A line is written for every tenth of the work, and otherwise after this many milliseconds without one. */
const LINE_EVERY = 15_000;

const lines = (output: Output, { total, unit }: ProgressOptions): Progress => {
  let shownAt = performance.now();
  let tenth = -1;
  return {
    update(done, figures, secondsLeft) {
      const now = performance.now();
      const reached = Math.floor((10 * done) / total);
      // Within a step, a line is written only after some time without one.
      const isTenth = Number.isInteger(done) && reached !== tenth;
      if (!isTenth && now - shownAt < LINE_EVERY) return;
      if (Number.isInteger(done)) tenth = reached;
      shownAt = now;
      const left = done < total ? [`${formatSeconds(secondsLeft)} left`] : [];
      output.log([`${unit} ${formatDone(done)}/${total}`, ...figures, ...left].join('  '));
    },
    stop: () => undefined,
  };
};

/** The range of widths of the bar, in columns: it takes as many as the line has room for. */
const MAX_BAR = 24;
const MIN_BAR = 6;

/** One line of progress. */
export interface ProgressLine {
  /** The fraction done, from 0 to 1. */
  readonly share: number;
  /** E.g. `step 20/500`. */
  readonly count: string;
  /** Further figures, the most important first. */
  readonly figures: readonly string[];
  /** E.g. `8.1 s left`; `undefined` when the work is done. */
  readonly left: string | undefined;
}

/**
 * A bar and its figures on a line of at most `columns` columns. If they do not fit, the bar gets shorter, and then the
 * last figures are left out; the time left stays.
 */
export const progressLine = ({ share, count, figures, left }: ProgressLine, columns: number): string => {
  const textOf = (shown: number): string =>
    [count, ...figures.slice(0, shown), ...(left === undefined ? [] : [left])].join('  ');
  let shown = figures.length;
  while (shown > 0 && textOf(shown).length + 1 + MIN_BAR > columns) shown--;
  const text = textOf(shown);
  const width = Math.min(MAX_BAR, columns - 1 - text.length);
  if (width < MIN_BAR) return text.slice(0, columns);
  const full = Math.floor(width * Math.min(1, share));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${text}`;
};

/** The width if the terminal does not report one. */
const DEFAULT_COLUMNS = 80;

const bar = ({ total, unit, transient = false }: ProgressOptions): Progress => {
  let line: ProgressLine = { share: 0, count: '', figures: [], left: undefined };
  const single = new cliProgress.SingleBar({
    // One column less, since some terminals begin a new line after the last one.
    format: () => progressLine(line, (process.stderr.columns || DEFAULT_COLUMNS) - 1),
    hideCursor: true,
    clearOnComplete: transient,
    stream: process.stderr,
    fps: 10,
    gracefulExit: false,
  });
  let started = false;
  return {
    update(done, figures, secondsLeft) {
      const left = done < total ? `${formatSeconds(secondsLeft)} left` : undefined;
      const count = `${unit} ${formatDone(done)}/${total}`;
      line = { share: done / total, count, figures, left };
      if (started) single.update(done);
      else single.start(total, done);
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
