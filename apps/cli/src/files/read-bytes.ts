import { readFile, stat } from 'node:fs/promises';
import { InputError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
};

/** The bytes of an input file. @throws InputError when it cannot be read, or has none */
export const readInput = async (path: string): Promise<Uint8Array<ArrayBuffer>> => {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new InputError(`cannot read '${path}': it is a folder`);
    const bytes = await readFile(path);
    if (bytes.length === 0) throw new InputError(`cannot read '${path}': the file is empty`);
    return bytes;
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    throw new InputError(`cannot read '${path}': ${REASONS[code] ?? (cause as Error).message}`, { cause });
  }
};
