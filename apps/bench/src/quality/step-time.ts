/** @file The measured time of a step, apart from the trials: what turns steps into seconds. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { Times } from '../speed/results.ts';
import { caseKey, type TimedCase } from './timed-case.ts';

/** The time of the steps of a case. */
export interface StepTime {
  readonly case: TimedCase;
  /** The seconds that the first step takes beyond the others: compilation, uploads. */
  readonly first: number;
  /** Seconds per step: the median over rounds, and each round. */
  readonly step: Times;
  /** How the peer chose to take its steps, where it has a choice: points in a chunk, threads. */
  readonly choice: Readonly<Record<string, number>>;
  /** The share of the processors that other programs used before and after, the larger one, from 0 to 1. */
  readonly foreignLoad: number;
  readonly date: string;
  /** What else the time depends on: the machine, and the versions of the peer. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The seconds that steps take: `first + steps * step`. */
export const secondsAfter = ({ first, step }: Pick<StepTime, 'first' | 'step'>, steps: number): number =>
  first + steps * step.median;

/** The times of a run, in a file of its folder. */
export interface StepTimeStore {
  /** `undefined` where the case was not timed with these programs on this machine. */
  read(timed: TimedCase): StepTime | undefined;
  write(times: readonly StepTime[]): Promise<void>;
}

const keyOf = (timed: TimedCase, environment: Readonly<Record<string, string>>): string =>
  JSON.stringify([caseKey(timed), Object.entries(environment).sort()]);

const fileIn = (folder: string): string => join(folder, 'times.json');

/** All times in a folder, also those of other programs and machines; later ones come last. */
export const readStepTimes = (folder: string): readonly StepTime[] => {
  const file = fileIn(folder);
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StepTime[];
  } catch {
    return []; // A damaged file has no times.
  }
};

/** @param environmentOf what a time depends on besides its case */
export const createStepTimeStore = (
  folder: string,
  environmentOf: (peer: string) => Readonly<Record<string, string>>,
): StepTimeStore => {
  const file = fileIn(folder);
  const known = new Map(readStepTimes(folder).map(each => [keyOf(each.case, each.environment), each]));
  return {
    read: timed => known.get(keyOf(timed, environmentOf(timed.method.peer))),
    write: async times => {
      for (const each of times) known.set(keyOf(each.case, each.environment), each);
      await writeFileAtomically(file, new TextEncoder().encode(`${JSON.stringify([...known.values()], null, 2)}\n`));
    },
  };
};
