import { FileError, readFileBytes } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';

/** How much is read, where the command has an option for it. */
export interface ReadInputOptions {
  readonly maxBytes?: number | undefined;
  /** What to say of the limit, e.g. `--max-bytes reads more`. */
  readonly advice?: string;
}

/**
 * The bytes of an input file, or of a pipe such as /dev/stdin: by default up to 2 GiB of a file and 256 MiB of a pipe
 * or a device.
 *
 * @throws InputError when it cannot be read, or has none
 */
export const readInput = async (
  path: string,
  { maxBytes, advice }: ReadInputOptions = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = await readFileBytes(path, maxBytes === undefined ? {} : { maxBytes }).catch(cause => {
    if (!(cause instanceof FileError)) throw cause;
    const limit = advice !== undefined && cause.note === 'maxBytes' ? ` (${advice})` : '';
    throw new InputError(`cannot read '${path}': ${cause.reason}${limit}`, { cause });
  });
  if (bytes.length === 0) throw new InputError(`cannot read '${path}': the file is empty`);
  return bytes;
};
