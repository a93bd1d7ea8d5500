/** @file What a user hears while a file is read. */

/** How a file's reading is told of. */
export interface Telling {
  /** Says a line. */
  readonly say: (line: string) => void;
}

/** Milliseconds until the first word of some work, and between further ones. */
const FIRST = 1000;
const AGAIN = 3000;

/**
 * Says what goes on, and how far it is where that is known, when it takes more than a second. The work must let events
 * be handled.
 *
 * @param what e.g. `photo.jpg: decoding`
 * @param work what is done; it is given a function that takes the share that is done
 */
export const whileSaying = async <Result>(
  { say }: Telling,
  what: string,
  work: (onProgress: (share: number) => void) => Promise<Result>,
): Promise<Result> => {
  let share = 0;
  const tell = (): void => say(share > 0 ? `${what}, ${Math.floor(100 * share)} %` : what);
  let timer = setTimeout(function again() {
    tell();
    timer = setTimeout(again, AGAIN);
  }, FIRST);
  try {
    return await work(done => {
      share = done;
    });
  } finally {
    clearTimeout(timer);
  }
};
