/** @file Long loops that let others have a turn, report their progress, and can be stopped. */

/** What the caller of a long computation may pass. */
export interface LongWork {
  /** Stops the computation: it throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the completed share. */
  readonly onProgress?: (share: number) => void;
}

/** How long the loop runs before others get a turn. */
const TURN_MILLISECONDS = 50;

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/** The integers from 0 to `count` - 1, with pauses between them. @throws the reason of the signal */
export async function* inTurns(count: number, { signal, onProgress }: LongWork): AsyncGenerator<number, void> {
  let begun = performance.now();
  for (let i = 0; i < count; i++) {
    signal?.throwIfAborted();
    yield i;
    if (performance.now() - begun < TURN_MILLISECONDS && i < count - 1) continue;
    onProgress?.((i + 1) / count);
    await pause();
    begun = performance.now();
  }
}
