/**
 * @file What ends work from outside: Ctrl-C, `kill`, a terminal that closes, the loss of stdout or stderr. The first
 *   asks the work to stop at a safe place; a second signal stops the program.
 */
import { InterruptedError } from './errors.ts';
import { onStreamLost } from './output/streams.ts';

/** Listens for SIGINT, SIGTERM and SIGHUP, and for the loss of stdout or stderr. */
export interface Interrupt {
  /** Aborted, with an `InterruptedError` as its reason, by the first of them. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param announce called at the first of them; it puts the terminal in order too, because a second signal ends the
 *   program on the spot: it is left to the system, which also stops a computation that never lets a listener have its
 *   turn
 */
export const listenForInterrupt = (announce: () => void): Interrupt => {
  const controller = new AbortController();
  const stop = (reason: InterruptedError): void => {
    dispose();
    announce();
    controller.abort(reason);
  };
  const handlers = SIGNALS.map(name => [name, (): void => stop(new InterruptedError(name))] as const);
  let unwatch = (): unknown => undefined;
  const dispose = (): void => {
    for (const [name, handler] of handlers) process.off(name, handler);
    unwatch();
  };
  for (const [name, handler] of handlers) process.on(name, handler);
  unwatch = onStreamLost(stop);
  // It was lost before anybody listened: the call above came before there was anything to undo.
  if (controller.signal.aborted) dispose();
  return { signal: controller.signal, dispose };
};
