import { readFile } from 'node:fs/promises';
import { toFileError } from './to-file-error.ts';

/**
 * The bytes of a file.
 *
 * @throws FileError when it cannot be read
 */
export const readBytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw toFileError('read', path, error);
  }
};
