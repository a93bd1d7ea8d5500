import { FileError, readFileBytes } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  'not-found': 'there is no such file',
  'no-permission': 'permission is denied',
};

/**
 * The bytes of an input file, or of a pipe such as /dev/stdin: up to 2 GiB of a file and 256 MiB of a pipe or a device.
 *
 * @throws InputError when it cannot be read, or has none
 */
export const readInput = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = await readFileBytes(path).catch(cause => {
    if (!(cause instanceof FileError)) throw cause;
    const reason = REASONS[cause.problem];
    const message =
      reason === undefined ? cause.message.replace(/ \((?:maxBytes|E[A-Z]+)\)$/, '') : `cannot read '${path}': ${reason}`;
    throw new InputError(message, { cause });
  });
  if (bytes.length === 0) throw new InputError(`cannot read '${path}': the file is empty`);
  return bytes;
};
