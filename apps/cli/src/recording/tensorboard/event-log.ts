/** @file A folder that TensorBoard reads: one event file for each run of a fit. */
import { closeSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Output } from '@neural-fields/app-kit';
import type { FitProgress } from '@neural-fields/core';
import { describeFileError } from '@neural-fields/core/node';
import { type EventTime, type SummaryValue, startEvent, summaryEvent, tfRecord, versionEvent } from './event.ts';

/** The suffix of this program's event files; TensorBoard reads any file with `tfevents` in its name. */
const SUFFIX = '.neural-fields';
const isEventFile = (name: string): boolean => name.startsWith('events.out.tfevents.') && name.endsWith(SUFFIX);

/** A picture of the field after a step. */
export interface SnapshotPicture {
  readonly step: number;
  /** The bytes of a PNG file. */
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** A log that TensorBoard reads. */
export interface EventLog {
  /** Logs the loss, its terms where there are several, the metrics and the learning rate. */
  report(progress: FitProgress): void;
  /** Logs a picture of the field. */
  snapshot(picture: SnapshotPicture): void;
  close(): void;
}

/** How a log is continued. */
export interface EventLogOptions {
  /** The step to resume from; at 0 the event files of earlier fits are removed. */
  readonly step: number;
  readonly output: Output;
}

const scalarsOf = ({ loss, terms, metrics, learningRate }: FitProgress): SummaryValue[] => {
  const parts = Object.entries(terms);
  return [
    { tag: 'loss', scalar: loss },
    ...(parts.length > 1 ? parts.map(([name, scalar]) => ({ tag: `loss/${name}`, scalar })) : []),
    ...Object.entries(metrics).map(([name, scalar]) => ({ tag: name, scalar })),
    { tag: 'learning-rate', scalar: learningRate },
  ];
};

/** A new file, whose name sorts after the existing ones. */
const createEventFile = (folder: string): { readonly path: string; readonly handle: number } => {
  const taken = readdirSync(folder).filter(isEventFile).length;
  const seconds = Math.floor(Date.now() / 1000);
  const path = join(folder, `events.out.tfevents.${seconds}.${String(taken).padStart(4, '0')}${SUFFIX}`);
  return { path, handle: openSync(path, 'wx') };
};

/**
 * Opens a log in an existing folder. If a later write fails, as on a full disk, a warning is given once and the log
 * ends there.
 *
 * @throws FileError when the first records cannot be written
 */
export const openEventLog = (folder: string, { step, output }: EventLogOptions): EventLog => {
  if (step === 0) for (const name of readdirSync(folder).filter(isEventFile)) unlinkSync(join(folder, name));
  const { path, handle } = createEventFile(folder);
  let position = 0;
  let failed = false;
  let lastStep = step;
  const now = (at: number): EventTime => ({ wallTime: Date.now() / 1000, step: at });
  const write = (event: Uint8Array): void => {
    const record = tfRecord(event);
    for (let done = 0; done < record.length; )
      done += writeSync(handle, record, done, record.length - done, position + done);
    position += record.length;
  };
  const log = (event: Uint8Array): void => {
    if (failed) return;
    try {
      write(event);
    } catch (cause) {
      failed = true;
      output.warn(`the log ends here: ${describeFileError('write', path, cause).message}`);
    }
  };
  try {
    write(versionEvent(Date.now() / 1000));
    if (step > 0) write(startEvent(now(step + 1)));
  } catch (cause) {
    closeSync(handle);
    throw describeFileError('write', path, cause);
  }
  return {
    report: progress => {
      // After a divergence the fit resumes from an earlier step.
      if (progress.step <= lastStep) log(startEvent(now(progress.step)));
      lastStep = progress.step;
      log(summaryEvent(now(progress.step), scalarsOf(progress)));
    },
    snapshot: ({ step: at, png, width, height, channels }) =>
      log(summaryEvent(now(at), [{ tag: 'field', png, width, height, channels }])),
    close: () => closeSync(handle),
  };
};
