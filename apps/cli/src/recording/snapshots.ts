/**
 * @file Pictures of a field at some steps of its fit. They are kept in a file beside the page until that is written, so
 *   that they survive if the run is killed and resumed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { Output } from '@neural-fields/app-kit';
import { FileError, writeFileAtomically } from '@neural-fields/core/node';
import type { Snapshot } from '../page/fit-history.ts';

/** The maximum number of pictures of a fit. */
export const MAX_SNAPSHOTS = 12;

/** The steps after which a picture is taken: at most {@link MAX_SNAPSHOTS}, spaced geometrically from 1 to the last. */
export const snapshotSteps = (steps: number): readonly number[] => {
  const spaced = Array.from({ length: MAX_SNAPSHOTS }, (_, i) => Math.round(steps ** (i / (MAX_SNAPSHOTS - 1))));
  return [...new Set(spaced)];
};

/** The snapshots of a fit. */
export interface Snapshots {
  readonly all: readonly Snapshot[];
  /** Adds one, and drops those from its step on if a fit has resumed from an earlier step. */
  add(snapshot: Snapshot): Promise<void>;
  /** Removes the file. */
  remove(): Promise<void>;
}

const lineOf = ({ step, webp }: Snapshot): string =>
  `${JSON.stringify({ step, snapshot: Buffer.from(webp).toString('base64') })}\n`;

/** Parses a line; `undefined` for the incomplete line of a killed run. */
const snapshotIn = (line: string): Snapshot | undefined => {
  try {
    const { step, snapshot } = JSON.parse(line) as { readonly step?: unknown; readonly snapshot?: unknown };
    if (typeof step !== 'number' || typeof snapshot !== 'string') return undefined;
    return { step, webp: Buffer.from(snapshot, 'base64') };
  } catch {
    return undefined;
  }
};

/** Opens the snapshots of a fit that resumes from `step`; later ones are dropped. */
export const openSnapshots = (
  path: string,
  { step, output }: { readonly step: number; readonly output: Output },
): Snapshots => {
  const lines = step > 0 && existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  let all = lines.map(snapshotIn).filter(found => found !== undefined && found.step <= step) as Snapshot[];
  let failed = false;
  return {
    get all() {
      return all;
    },
    add: async snapshot => {
      all = [...all.filter(other => other.step < snapshot.step), snapshot];
      try {
        await writeFileAtomically(path, new TextEncoder().encode(all.map(lineOf).join('')));
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        if (!failed) output.warn(`the pictures of the fit are kept in memory: ${error.message}`);
        failed = true;
      }
    },
    remove: async () => {
      if (existsSync(path)) await unlink(path);
    },
  };
};
