/**
 * @file stdout and stderr. Either can be lost while the program runs: its reader closes the pipe (`| head -1`), or it
 *   is a file on a disk that is full. That stops work as Ctrl-C does: see `listenForInterrupt`.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemErrorReason } from '@neural-fields/core/node';
import { InterruptedError } from '../errors.ts';

/** The name of a stream on `process`. */
export type StreamName = 'stdout' | 'stderr';

type Listener = (loss: InterruptedError) => void;

// State of the module, since the streams belong to the whole process.
let program = '';
let lost: InterruptedError | undefined;
const listeners = new Set<Listener>();

const lose = (name: StreamName, error: NodeJS.ErrnoException): void => {
  if (lost !== undefined) return;
  const { code } = error;
  lost =
    code === 'EPIPE'
      ? new InterruptedError('closed-output', `the reader of ${name} has closed it`)
      : new InterruptedError(
          'failed-output',
          `${name} cannot be written: ${code === 'EIO' ? 'the terminal is gone' : systemErrorReason(error)}`,
        );
  if (code !== 'EPIPE') writeTo(name === 'stdout' ? 'stderr' : 'stdout', `${program}: ${lost.message}\n`);
  for (const listener of listeners) listener(lost);
};

/** Writes text; if the stream is lost, the text is dropped without an error. */
export const writeTo = (name: StreamName, text: string): void => {
  try {
    process[name].write(text);
  } catch (error) {
    lose(name, error as NodeJS.ErrnoException);
  }
};

/** Writes the bytes of a file to stdout. @throws InterruptedError when stdout is lost meanwhile */
export const writeFileToStdout = async (path: string): Promise<void> => {
  try {
    await pipeline(createReadStream(path), process.stdout, { end: false });
  } catch (error) {
    throw lost ?? error;
  }
};

/** Starts watching the streams for the program with this name. Call it once, before anything is written. */
export const watchStreams = (name: string): void => {
  program = name;
  for (const stream of ['stdout', 'stderr'] as const)
    process[stream].on('error', (error: NodeJS.ErrnoException) => lose(stream, error));
};

/** Calls a listener when a stream is lost, or at once if one already is; returns a function that stops listening. */
export const onStreamLost = (listener: Listener): (() => void) => {
  if (lost !== undefined) listener(lost);
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The loss of a stream, if there was one. */
export const streamLoss = (): InterruptedError | undefined => lost;
