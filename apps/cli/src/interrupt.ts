/** @file Ctrl-C: the first asks the work to stop at a safe place, the second stops the program. */
import { InterruptedError } from './errors.ts';

/** Listens for SIGINT and SIGTERM. */
export interface Interrupt {
  /** Aborted, with an `InterruptedError` as its reason, by the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/**
 * @param announce called at the first signal; it puts the terminal in order too, because a second signal ends the program on the spot: it
 * is left to the system, which also stops a computation that never lets a listener have its turn
 */
export const listenForInterrupt = (announce: () => void): Interrupt => {
  const controller = new AbortController();
  const dispose = (): void => {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  };
  const stop = (name: 'SIGINT' | 'SIGTERM'): void => {
    dispose();
    announce();
    controller.abort(new InterruptedError(name));
  };
  const onInterrupt = (): void => stop('SIGINT');
  const onTerminate = (): void => stop('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  return { signal: controller.signal, dispose };
};
