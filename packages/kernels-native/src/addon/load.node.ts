/**
 * @file Finds the addon: the platform's package of the same release, or what `npm run build:native` makes in a clone.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { constants, records } from '@neural-fields/kernels-wasm/machine';
import type { Addon, LoadedAddon } from './addon.ts';

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);

/** The same as in `scripts/build-native.mjs`, which the build puts into the binary. */
const digest = (): string =>
  createHash('sha256').update(JSON.stringify({ records, constants })).digest('hex').slice(0, 16);

/** The binary's path; `undefined` where there is none. */
const findBinary = (): string | undefined => {
  const { resolve } = createRequire(import.meta.url);
  try {
    return resolve(`@neural-fields/kernels-native-${platform()}-${arch()}/kernels.node`);
  } catch {
    const built = fileURLToPath(new URL('../../build/kernels.node', import.meta.url));
    return existsSync(built) ? built : undefined;
  }
};

/**
 * Loads a binary. It never throws: what is missing or unfit is a sentence.
 *
 * @param wanted what its records must be
 */
export const loadBinary = (path: string | undefined, wanted: string = digest()): LoadedAddon => {
  if (path === undefined)
    return {
      problem: `there is no binary for ${platform()} on ${arch()}; in a clone of the repository, npm run build:native makes one`,
    };
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    if (addon.records !== wanted) return { problem: `${path} belongs to another version of this package` };
    return { addon, threads: availableParallelism() };
  } catch (error) {
    return { problem: `${path} cannot be loaded: ${messageOf(error)}` };
  }
};

/** Loads the addon. */
export const loadAddon = (): LoadedAddon => loadBinary(findBinary());
