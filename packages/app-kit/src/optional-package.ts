/** @file Packages that an ordinary installation does not include. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A package that is not installed. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/** The path from which a folder's package would be loaded; `undefined` if the folder does not have it. */
const resolveIn = (folder: string, name: string): string | undefined => {
  try {
    return pathToFileURL(createRequire(join(resolve(folder), 'package.json')).resolve(name)).href;
  } catch {
    return undefined;
  }
};

/**
 * Imports a package that an ordinary installation does not include: from the folder that the user names, or else from
 * beside the program. Never from the current directory, where anybody may have put one. Its name is a variable, so that
 * neither the compiler nor bundlers look for it.
 *
 * @throws MissingPackageError when it is not installed, Error when it cannot be loaded
 */
export const importOptional = async (name: string, folder?: string): Promise<unknown> => {
  try {
    return await import((folder === undefined ? undefined : resolveIn(folder, name)) ?? name);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')
      throw new MissingPackageError(`the package ${name} is not installed`, { cause });
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] as string) : String(cause);
    throw new Error(`${name} cannot be loaded: ${reason}`, { cause });
  }
};
