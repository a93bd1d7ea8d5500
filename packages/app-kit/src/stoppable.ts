/** @file Work that Ctrl-C can stop. */
import { InterruptedError } from './errors.ts';
import { type Interrupt, listenForInterrupt } from './interrupt.ts';
import type { Output } from './output/output.ts';
import type { Progress } from './output/progress.ts';

/**
 * Runs some work that can be stopped.
 *
 * @param tellStopped what is left behind when it is stopped; nothing if absent
 */
export const stoppable = async (
  output: Output,
  progress: Progress,
  work: (interrupt: Interrupt) => Promise<void>,
  tellStopped: () => void = () => output.warn('stopped; nothing was written'),
): Promise<void> => {
  const interrupt = listenForInterrupt(() => progress.stop());
  try {
    await work(interrupt);
  } catch (error) {
    progress.stop();
    if (error instanceof InterruptedError) tellStopped();
    throw error;
  } finally {
    progress.stop();
    interrupt.dispose();
  }
};
