/** @file What a run cannot begin without: a folder, and somebody to measure. */
import { mkdirSync } from 'node:fs';
import { InputError } from '../errors.ts';
import type { PeerState } from './results.ts';
import type { StartOptions } from './start-peers.ts';

/** Makes the folder of a run. @throws InputError when it cannot be made */
export const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new InputError(`cannot make the folder '${folder}': ${(cause as Error).message}`, { cause });
  }
};

/** Why there is nothing to measure: peers with the same reason together. */
export const describeAbsence = (
  states: Readonly<Record<string, PeerState>>,
  { needsCard }: Pick<StartOptions, 'needsCard'>,
): string => {
  const byReason = new Map<string, string[]>();
  for (const [name, state] of Object.entries(states))
    if ('unavailable' in state) byReason.set(state.unavailable, [...(byReason.get(state.unavailable) ?? []), name]);
  const reasons = [...byReason].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
  return `${needsCard ? 'there is no graphics card that can be used here' : 'none of the peers can be had here'} (${reasons.join('; ')})`;
};
