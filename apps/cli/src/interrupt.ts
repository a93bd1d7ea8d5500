/** @file Ctrl-C: the first asks the work to stop at a safe place, the second stops the program. */
import { exitCodeOf, InterruptedError } from './errors.ts';

/** Listens for SIGINT and SIGTERM. */
export interface Interrupt {
  /** Aborted, with an `InterruptedError` as its reason, by the first signal. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/**
 * @param announce called at the first signal
 * @param restore called at the second, right before the program exits: puts the terminal in order
 */
export const listenForInterrupt = (announce: () => void, restore: () => void): Interrupt => {
  const controller = new AbortController();
  const listen = (name: 'SIGINT' | 'SIGTERM') => (): void => {
    const error = new InterruptedError(name);
    if (controller.signal.aborted) {
      restore();
      process.exit(exitCodeOf(error));
    }
    announce();
    controller.abort(error);
  };
  const listeners = { SIGINT: listen('SIGINT'), SIGTERM: listen('SIGTERM') };
  process.on('SIGINT', listeners.SIGINT).on('SIGTERM', listeners.SIGTERM);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', listeners.SIGINT).off('SIGTERM', listeners.SIGTERM);
    },
  };
};
