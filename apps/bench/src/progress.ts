/** @file Progress on standard error: a bar on a terminal, lines elsewhere. */
import cliProgress from 'cli-progress';

/** Shows how far the run is. */
export interface Progress {
  /** One more piece of work begins. */
  advance(doing: string): void;
  /** A line that stays. */
  log(line: string): void;
  /** Leaves the terminal as it should be. May be called twice. */
  stop(): void;
}

const silent: Progress = { advance: () => undefined, log: () => undefined, stop: () => undefined };

const write = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const bar = (total: number): Progress => {
  const single = new cliProgress.SingleBar({
    format: '{bar} {percentage} %  {doing}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    fps: 10,
    gracefulExit: false,
  });
  let [done, started] = [0, false];
  const start = (doing: string): void => {
    single.start(total, done, { doing });
    started = true;
  };
  const stop = (): void => {
    if (started) single.stop();
    started = false;
  };
  return {
    advance: doing => {
      done = Math.min(total, done + 1);
      if (started) single.update(done, { doing });
      else start(doing);
    },
    log: line => {
      stop();
      write(line);
    },
    stop,
  };
};

/** Progress of so many pieces of work; none with `quiet`. */
export const createProgress = (total: number, { quiet = false }: { readonly quiet?: boolean } = {}): Progress => {
  if (quiet) return silent;
  return process.stderr.isTTY ? bar(total) : { ...silent, log: write };
};
