import { FileError, readFileBytes } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';

/**
 * The bytes of an input file, or of a pipe such as /dev/stdin: up to 2 GiB of a file and 256 MiB of a pipe or a device.
 *
 * @throws InputError when it cannot be read, or has none
 */
export const readInput = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = await readFileBytes(path).catch(cause => {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(cause.message.replace(/ \((?:maxBytes|E[A-Z]+)\)$/, ''), { cause });
  });
  if (bytes.length === 0) throw new InputError(`cannot read '${path}': the file is empty`);
  return bytes;
};
