/** @file What every run begins and ends with: the output folder, the peers, a folder for problems, the results. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { withOutputFolder } from '@neural-fields/app-kit/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import { readEnvironment } from './environment.ts';
import type { Environment, PeerState } from './results.ts';
import { type Started, type StartOptions, startPeers } from './start-peers.ts';

/** The settings of every run. */
export interface RunSettings extends StartOptions {
  /** How often each peer is timed. */
  readonly rounds: number;
  /** Seconds; longer steps are not timed. */
  readonly stepLimit: number;
  /** The folder of the results; made when it is missing. */
  readonly output: string;
  /** Whether to write into a folder that holds other files, too. */
  readonly force?: boolean;
  /** The command line as given, for the results. */
  readonly command: string;
}

/** What a run works with. */
export interface RunFrame extends Started {
  readonly environment: Environment;
  /** A temporary folder for the files of the problems. */
  readonly scratch: string;
  /** Seconds since the run began. */
  seconds(): number;
  /** Writes files into the output folder, each whole or not at all: results as JSON, and texts by name. */
  save(results: object, texts: Readonly<Record<string, string>>): Promise<void>;
}

/** The part of the machine's memory that a peer which chooses its chunks may use: several peers are alive at a time. */
export const MEMORY_SHARE = 0.15;

/** Why there is nothing to measure: peers with the same reason together. */
const describeAbsence = (
  states: Readonly<Record<string, PeerState>>,
  { needsCard }: Pick<StartOptions, 'needsCard'>,
): string => {
  const byReason = new Map<string, string[]>();
  for (const [name, state] of Object.entries(states))
    if ('unavailable' in state) byReason.set(state.unavailable, [...(byReason.get(state.unavailable) ?? []), name]);
  const reasons = [...byReason].map(([reason, names]) => `${names.join(', ')}: ${reason}`);
  const what = needsCard ? 'there is no usable graphics card here' : 'no peer is available here';
  return `${what} (${reasons.join('; ')})`;
};

/**
 * Prepares a run, runs it, and cleans up.
 *
 * @throws InputError when the output folder cannot be used, or when no peer is available
 */
export const withRunFrame = (settings: RunSettings, run: (frame: RunFrame) => Promise<void>): Promise<void> => {
  const { output, force, progress } = settings;
  const begun = performance.now();
  return withOutputFolder(output, { option: '--output', force }, async () => {
    const environment = readEnvironment();
    const started = await startPeers(settings);
    if (started.commands.size === 0) throw new InputError({ problem: describeAbsence(started.states, settings) });
    const scratch = mkdtempSync(join(tmpdir(), 'neural-fields-bench-'));
    const encoder = new TextEncoder();
    const write = (name: string, text: string): Promise<void> =>
      writeFileAtomically(join(output, name), encoder.encode(text));
    try {
      await run({
        ...started,
        ...{ environment, scratch },
        seconds: () => (performance.now() - begun) / 1000,
        save: async (results, texts) => {
          await write('results.json', `${JSON.stringify(results, null, 2)}\n`);
          for (const [name, text] of Object.entries(texts)) await write(name, text);
        },
      });
    } finally {
      progress.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  });
};
