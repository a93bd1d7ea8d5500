/**
 * @file The training curve, kept in a file line by line. Core reports a step before it saves it, and a report is
 *   written at once, so that a checkpoint never contains a step that the file does not: after a kill and a resume the
 *   curve is complete.
 */
import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { CheckpointStore } from '@neural-fields/core';
import { describeFileError, writeFileAtomically } from '@neural-fields/core/node';
import type { Output } from '../output/output.ts';
import { type CurveFile, type CurvePoint, lineOf, parseCurve, readCurveText } from './curve-lines.ts';

/** The training curve. */
export interface TrainingCurve<P extends CurvePoint> {
  readonly points: readonly P[];
  /** Seconds of fitting before this run. */
  readonly secondsBefore: number;
  /**
   * Adds a step, and drops the points from that step on if a fit has resumed from an earlier step. If the file cannot
   * be written, as on a full disk, one warning is given, and the points are kept until they can be written.
   */
  add(point: P): void;
  /** Flushes the added points to the disk. */
  save(): void;
}

/** Milliseconds after a failure before an added point triggers a retry. */
const TIMEOUT_MS = 1000;

const writeAll = (handle: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
};

/** The points in memory, and how many of them are in the file. */
class CurveWriter<P extends CurvePoint> {
  readonly points: P[] = [];
  readonly #path: string;
  /** Where the line of each point ends in the file, in bytes. */
  readonly #ends: number[] = [];
  #written = 0;

  constructor(path: string, points: readonly P[], written: number) {
    this.#path = path;
    for (const point of points) this.add(point);
    this.#written = written;
  }

  add(point: P): void {
    while ((this.points.at(-1)?.step ?? -1) >= point.step) {
      this.points.pop();
      this.#ends.pop();
    }
    this.#written = Math.min(this.#written, this.points.length);
    this.points.push(point);
    this.#ends.push((this.#ends.at(-1) ?? 0) + Buffer.byteLength(lineOf(point)));
  }

  /**
   * Writes the points that are not in the file, after its last complete line: the part of a line that a full disk has
   * left is overwritten.
   */
  write({ sync }: { readonly sync: boolean }): void {
    const handle = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o666);
    try {
      // Somebody has removed or truncated the file.
      if (fstatSync(handle).size < (this.#ends[this.#written - 1] ?? 0)) this.#written = 0;
      const lines = this.points.slice(this.#written).map(lineOf);
      writeAll(handle, Buffer.from(lines.join('')), this.#ends[this.#written - 1] ?? 0);
      ftruncateSync(handle, this.#ends.at(-1) ?? 0);
      if (sync) fsyncSync(handle);
      this.#written = this.points.length;
    } finally {
      closeSync(handle);
    }
  }
}

/**
 * Opens the curve of a run that resumes from `step`; points that a killed run has written beyond it are dropped.
 *
 * @throws FileError when the file cannot be read, or cannot be written for a reason other than a full disk
 */
export const openCurve = async <P extends CurvePoint>(
  { path, numbers }: CurveFile,
  { step, output }: { readonly step: number; readonly output: Output },
): Promise<TrainingCurve<P>> => {
  const text = readCurveText(path);
  const found = parseCurve<P>(text, numbers).filter(point => point.step <= step);
  const lines = found.map(lineOf).join('');
  const inOrder = text.startsWith(lines);
  const writer = new CurveWriter<P>(path, found, inOrder ? found.length : 0);
  let failedAt: number | undefined;
  const fail = (cause: unknown): void => {
    const error = describeFileError('write', path, cause);
    if (failedAt === undefined) output.warn(`the training curve is kept in memory: ${error.message}`);
    failedAt = performance.now();
  };
  const write = (how: { readonly sync: boolean }): void => {
    try {
      writer.write(how);
      failedAt = undefined;
    } catch (error) {
      fail(error);
    }
  };
  try {
    // A file with other lines between the points is replaced, not truncated and rewritten, which a kill could lose.
    if (!inOrder) await writeFileAtomically(path, new TextEncoder().encode(lines));
    writer.write({ sync: false });
  } catch (cause) {
    const error = describeFileError('write', path, cause);
    if (error.problem !== 'no-space') throw error;
    fail(error);
  }
  return {
    points: writer.points,
    secondsBefore: found.at(-1)?.seconds ?? 0,
    add: point => {
      writer.add(point);
      if (failedAt === undefined || performance.now() - failedAt > TIMEOUT_MS) write({ sync: false });
    },
    save: () => write({ sync: true }),
  };
};

/** A store that flushes the curve to the disk before the checkpoint that contains its steps. */
export const afterCurve = (
  store: CheckpointStore,
  curve: Pick<TrainingCurve<CurvePoint>, 'save'>,
): CheckpointStore => ({
  read: () => store.read(),
  write: async bytes => {
    curve.save();
    await store.write(bytes);
  },
});
