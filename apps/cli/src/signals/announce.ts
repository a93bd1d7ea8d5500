/** @file Messages to the user while a file is read. */

/** Where messages about reading a file go. */
export interface Announcer {
  /** Writes a line. */
  readonly say: (line: string) => void;
}

/** Milliseconds until the first message about some work, and between further ones. */
const FIRST_LINE_MS = 1000;
const NEXT_LINE_MS = 3000;

/**
 * Runs some work, and announces it if it takes more than a second, with the fraction done where that is known. The work
 * must yield to the event loop.
 *
 * @param what e.g. `photo.jpg: decoding`
 * @param work the work; it receives a function that takes the fraction done
 */
export const announced = async <Result>(
  { say }: Announcer,
  what: string,
  work: (onProgress: (share: number) => void) => Promise<Result>,
): Promise<Result> => {
  let share = 0;
  const tell = (): void => say(share > 0 ? `${what}, ${Math.floor(100 * share)} %` : what);
  let timer = setTimeout(function repeat() {
    tell();
    timer = setTimeout(repeat, NEXT_LINE_MS);
  }, FIRST_LINE_MS);
  try {
    return await work(done => {
      share = done;
    });
  } finally {
    clearTimeout(timer);
  }
};
