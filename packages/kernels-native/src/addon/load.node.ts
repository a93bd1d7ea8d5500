/**
 * @file Finds the addon: in the platform's package of the same release, or what `npm run build:native` makes in a
 *   clone.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { constants, records } from '@neural-fields/kernels-wasm/machine';
import type { Addon, LoadedAddon } from './addon.ts';

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] as string) : String(error);

/** The same as in `scripts/records-header.mjs`, which the build puts into the binary. */
const digest = (): string =>
  createHash('sha256').update(JSON.stringify({ records, constants })).digest('hex').slice(0, 16);

/** A binary that there is. */
export interface FoundBinary {
  readonly path: string;
  /** Why it may not be loaded, in one sentence. */
  readonly problem?: string;
}

/**
 * The packages of this platform. On Linux there is one for glibc and one for musl, of which npm installs the one that
 * fits; where an older npm has installed both, the other one cannot be loaded.
 */
const packageNames = (): string[] => {
  const name = `@neural-fields/kernels-native-${platform()}-${arch()}`;
  return platform() === 'linux' ? [name, `${name}-musl`] : [name];
};

const versionOf = (path: string): unknown => (JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown }).version;

/**
 * The binaries that there are, in the order in which they are tried.
 *
 * @param from a file of this package, from which its dependencies are looked for
 * @param names of packages that have a binary
 */
export const findBinaries = (
  from: string | URL = import.meta.url,
  names: readonly string[] = packageNames(),
): FoundBinary[] => {
  const { resolve } = createRequire(from);
  const own = fileURLToPath(new URL('../../package.json', from));
  const packaged = names.flatMap((name): FoundBinary[] => {
    let path: string;
    try {
      path = resolve(`${name}/kernels.node`);
    } catch {
      return [];
    }
    try {
      const [version, wanted] = [versionOf(resolve(`${name}/package.json`)), versionOf(own)];
      if (version === wanted) return [{ path }];
      return [{ path, problem: `${name} has version ${version}, but this package needs ${wanted}` }];
    } catch (error) {
      return [{ path, problem: `the version of ${name} cannot be read: ${messageOf(error)}` }];
    }
  });
  const built = fileURLToPath(new URL('../../build/kernels.node', from));
  return existsSync(built) ? [...packaged, { path: built }] : packaged;
};

/**
 * Loads a binary. It never throws: what is unfit is a sentence.
 *
 * @param wanted what its records must be
 */
export const loadBinary = ({ path, problem }: FoundBinary, wanted: string = digest()): LoadedAddon => {
  if (problem !== undefined) return { problem };
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    if (addon.records !== wanted) return { problem: `${path} belongs to another version of this package` };
    return { addon, threads: availableParallelism() };
  } catch (error) {
    return { problem: `${path} cannot be loaded: ${messageOf(error)}` };
  }
};

/** Loads the first binary that can be loaded. Where none can, the first one's problem is the one that is told. */
export const loadAddon = (found: readonly FoundBinary[] = findBinaries()): LoadedAddon => {
  let first: LoadedAddon | undefined;
  for (const binary of found) {
    const loaded = loadBinary(binary);
    if ('addon' in loaded) return loaded;
    first ??= loaded;
  }
  return (
    first ?? {
      problem: `there is no binary for ${platform()} on ${arch()}; in a clone of the repository, npm run build:native makes one`,
    }
  );
};
