/** @file The results of finished trials, one file each: a run that was stopped resumes with the remaining trials. */

import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { TrialResult } from './results.ts';
import { type Trial, trialKey } from './trial.ts';

/** Results by trial, in a folder. */
export interface TrialStore {
  /** `undefined` where there is none, or the file is incomplete. */
  read(trial: Trial): TrialResult | undefined;
  write(result: TrialResult): Promise<void>;
}

/**
 * @param environmentOf what a result depends on besides its trial: the machine, and the versions of the trial's peer
 */
export const createTrialStore = (
  folder: string,
  environmentOf: (trial: Trial) => Readonly<Record<string, string>>,
): TrialStore => {
  const fileOf = (trial: Trial): string => join(folder, `${trialKey(trial, environmentOf(trial))}.json`);
  return {
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
