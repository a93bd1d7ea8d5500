/** @file The results of finished trials, one file each: a run that was stopped resumes with the remaining trials. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';

/** Results by trial, in a folder. */
export interface ResultStore<T, R> {
  /** `undefined` where there is none, or the file is incomplete. */
  read(trial: T): R | undefined;
  /** Whether there is a result of the same trial in another environment, e.g. of an earlier version of the code. */
  hasOutdated(trial: T): boolean;
  write(trial: T, result: R): Promise<void>;
}

/** What a result depends on. */
export interface ResultStoreOptions<T> {
  /** What a result depends on besides its trial: the machine, the data, the versions and the code of programs. */
  environmentOf(trial: T): Readonly<Record<string, string>>;
  /** Increased when a change to the program that runs trials makes the same settings give other results. */
  readonly revision: number;
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);

/** The beginning of the names under which a trial's results are stored, whatever they were measured with. */
const prefixOf = (trial: unknown): string => `${hashOf(trial)}-`;

/**
 * The name under which a trial's result is stored.
 *
 * @param environment what the result depends on besides the trial
 */
export const resultKey = (
  trial: unknown,
  { environment, revision }: { readonly environment: Readonly<Record<string, string>>; readonly revision: number },
): string => prefixOf(trial) + hashOf([revision, Object.entries(environment).sort()]);

/** The store of a folder; trials are compared as JSON. */
export const createResultStore = <T, R>(
  folder: string,
  { environmentOf, revision }: ResultStoreOptions<T>,
): ResultStore<T, R> => {
  const nameOf = (trial: T): string => `${resultKey(trial, { environment: environmentOf(trial), revision })}.json`;
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return {
    hasOutdated: trial => names.some(name => name.startsWith(prefixOf(trial)) && name !== nameOf(trial)),
    read: trial => {
      const file = join(folder, nameOf(trial));
      if (!existsSync(file)) return undefined;
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as R;
      } catch {
        return undefined;
      }
    },
    write: async (trial, result) => {
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(join(folder, nameOf(trial)), new TextEncoder().encode(`${JSON.stringify(result)}\n`));
    },
  };
};
