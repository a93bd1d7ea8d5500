/** @file The measured time of a network's step, apart from the fits: what turns steps into seconds. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { Times } from '../speed/results.ts';
import { type TimedNetwork, timedNetworkKey } from './trial.ts';

/** The time of the steps of a network on a task. */
export interface NetworkStepTime {
  readonly timed: TimedNetwork;
  /** The seconds that the first step takes beyond the others. */
  readonly first: number;
  /** Seconds per step: the median over rounds, and each round. */
  readonly step: Times;
  /** The share of the processors that other programs used before and after, the larger one, from 0 to 1. */
  readonly foreignLoad: number;
  readonly date: string;
  /** What else the time depends on: the machine, the backend and its version, the data. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The times of a run, in a file of its folder. */
export interface NetworkTimeStore {
  /** `undefined` where it was not timed with these programs on this machine. */
  read(timed: TimedNetwork): NetworkStepTime | undefined;
  write(times: readonly NetworkStepTime[]): Promise<void>;
}

const keyOf = (timed: TimedNetwork, environment: Readonly<Record<string, string>>): string =>
  JSON.stringify([timedNetworkKey(timed), Object.entries(environment).sort()]);

const fileIn = (folder: string): string => join(folder, 'times.json');

/** All times in a folder, also those of other programs and machines; later ones come last. */
export const readNetworkTimes = (folder: string): readonly NetworkStepTime[] => {
  const file = fileIn(folder);
  if (!existsSync(file)) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as NetworkStepTime[];
  } catch {
    return []; // A damaged file has no times.
  }
};

/** @param environmentOf what a time depends on besides its network and task */
export const createNetworkTimeStore = (
  folder: string,
  environmentOf: (timed: TimedNetwork) => Readonly<Record<string, string>>,
): NetworkTimeStore => {
  const known = new Map(readNetworkTimes(folder).map(each => [keyOf(each.timed, each.environment), each]));
  return {
    read: timed => known.get(keyOf(timed, environmentOf(timed))),
    write: async times => {
      for (const each of times) known.set(keyOf(each.timed, each.environment), each);
      const text = `${JSON.stringify([...known.values()], null, 2)}\n`;
      await writeFileAtomically(fileIn(folder), new TextEncoder().encode(text));
    },
  };
};
