import { FileError, readFileBytes } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';
import { formatBytes } from '../output/format.ts';

/** The path on the command line that stands for stdin as an input, and for stdout as an output. */
export const STANDARD_STREAM = '-';

/** How much may be read, for commands with an option for it. */
export interface ReadInputOptions {
  readonly maxBytes?: number | undefined;
  /** The hint if there is more than that, e.g. `--max-bytes reads more`. */
  readonly advice?: string;
}

/** The limit that {@link readFileBytes} has for pipes. */
const STDIN_LIMIT = 2 ** 28;

/** Reads all of stdin, as a stream: Windows has no file for it. */
const readStdin = async ({ maxBytes = STDIN_LIMIT, advice }: ReadInputOptions): Promise<Uint8Array<ArrayBuffer>> => {
  if (process.stdin.isTTY) {
    const hint = 'pipe a file into the program';
    throw new InputError({ what: 'cannot read stdin', problem: 'it is a terminal', hint });
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes)
      throw new InputError({
        what: 'cannot read stdin',
        problem: `it has more than ${formatBytes(maxBytes)}`,
        hint: advice,
      });
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

const readPath = (path: string, { maxBytes, advice }: ReadInputOptions): Promise<Uint8Array<ArrayBuffer>> =>
  readFileBytes(path, maxBytes === undefined ? {} : { maxBytes }).catch(cause => {
    if (!(cause instanceof FileError)) throw cause;
    const hint = cause.note === 'maxBytes' ? advice : undefined;
    throw new InputError({ what: `cannot read '${path}'`, problem: cause.reason, hint }, { cause });
  });

/**
 * The bytes of an input file, or of stdin for `-`: by default up to 2 GiB of a file and 256 MiB of a pipe or a device.
 *
 * @throws InputError when it cannot be read, or is empty
 */
export const readInput = async (path: string, options: ReadInputOptions = {}): Promise<Uint8Array<ArrayBuffer>> => {
  const isStdin = path === STANDARD_STREAM;
  const bytes = await (isStdin ? readStdin(options) : readPath(path, options));
  if (bytes.length === 0)
    throw new InputError({ what: `cannot read ${isStdin ? 'stdin' : `'${path}'`}`, problem: 'it is empty' });
  return bytes;
};
