/** @file The program, for callers that hand their process over to it. */
import { runAsProcess } from '@neural-fields/app-kit';
import { createProgram, type Invocation } from './command.ts';

/**
 * Runs the program in this process, and sets the exit code.
 *
 * @param args the arguments, without the interpreter, the script and the name of a command
 */
export const run = (args: readonly string[], { invokedAs }: Pick<Invocation, 'invokedAs'>): Promise<void> =>
  runAsProcess(createProgram({ invokedAs, args }), args);
