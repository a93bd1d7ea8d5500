/**
 * @file What stops work from outside: Ctrl-C, `kill`, a terminal that closes, the loss of stdout or stderr. The first
 *   asks the work to stop at a safe point; a second signal ends the program.
 */
import { InterruptedError } from './errors.ts';
import { onStreamLost } from './output/streams.ts';

/** Listens for SIGINT, SIGTERM and SIGHUP, and for the loss of stdout or stderr. */
export interface Interrupt {
  /** Aborted by the first of them, with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param announce called at the first of them. It also has to restore the terminal, because a second signal ends the
 *   program at once: it is left to the system, which also stops a computation that never yields to the event loop
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
  // A stream was lost earlier: `stop` ran inside the call above, before `unwatch` was set.
  if (controller.signal.aborted) dispose();
  return { signal: controller.signal, dispose };
};
