/** @file The results of finished trials, one file each: a run that was stopped resumes with the remaining trials. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { QualitySignal } from './quality-signal.ts';
import type { TrialResult } from './results.ts';
import { type Trial, trialKey, trialPrefix } from './trial.ts';

/** Results by trial, in a folder. */
export interface TrialStore {
  /** `undefined` where there is none, or the file is incomplete. */
  read(trial: Trial): TrialResult | undefined;
  /** Whether there is a result of the same trial in another environment, e.g. of an earlier version of the code. */
  hasOutdated(trial: Trial): boolean;
  write(result: TrialResult): Promise<void>;
}

/** A hash of everything that a signal gives to a trial. */
export const hashSignal = ({ shape, channels, omega0, filter, values, coords, finer }: QualitySignal): string => {
  const hash = createHash('sha256').update(JSON.stringify({ shape, channels, omega0, filter }));
  for (const data of [values, coords, Float32Array.from(finer.data)]) hash.update(data);
  return hash.digest('hex').slice(0, 16);
};

/**
 * @param environmentOf what a result depends on besides its trial: the machine, the signal's values, the versions and
 *   the code of the trial's peer
 */
export const createTrialStore = (
  folder: string,
  environmentOf: (trial: Trial) => Readonly<Record<string, string>>,
): TrialStore => {
  const nameOf = (trial: Trial): string => `${trialKey(trial, environmentOf(trial))}.json`;
  const fileOf = (trial: Trial): string => join(folder, nameOf(trial));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return {
    hasOutdated: trial => names.some(name => name.startsWith(trialPrefix(trial)) && name !== nameOf(trial)),
    read: trial => {
      const file = fileOf(trial);
      if (!existsSync(file)) return undefined;
      try {
        return JSON.parse(readFileSync(file, 'utf8')) as TrialResult;
      } catch {
        return undefined;
      }
    },
    write: async result => {
      await mkdir(folder, { recursive: true });
      await writeFileAtomically(fileOf(result.trial), new TextEncoder().encode(`${JSON.stringify(result)}\n`));
    },
  };
};
