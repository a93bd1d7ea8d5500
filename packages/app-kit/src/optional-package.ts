/** @file Packages that are not there after an ordinary installation. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A package that is not installed. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/** Where a package of a folder would be loaded from; `undefined` when that folder has none. */
const resolveIn = (folder: string, name: string): string | undefined => {
  try {
    return pathToFileURL(createRequire(join(resolve(folder), 'package.json')).resolve(name)).href;
  } catch {
    return undefined;
  }
};

/**
 * Imports a package that is not there after an ordinary installation: from the folder that the user names, or else from
 * beside the program. Never from the folder that the program happens to be started in, where anybody may have put one.
 * Its name is a variable, so that neither types nor bundlers look for it.
 *
 * @throws MissingPackageError when it is not there, Error when it cannot be loaded
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
