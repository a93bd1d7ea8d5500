/** @file Records a fit while it runs: a log, events for TensorBoard, and the data for a page. */
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import type { Output } from '@neural-fields/app-kit';
import { afterCurve, type Checkpoint, openCurve } from '@neural-fields/app-kit/fitting';
import type { Field, FitProgress } from '@neural-fields/core';
import { encodeImage } from '@neural-fields/signals';
import { type FitHistory, HISTORY_VALUES, type ReportPoint } from '../page/fit-history.ts';
import type { PageInput } from '../page/page-input.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import type { RecordingPaths } from './options.ts';
import { createSnapshotView } from './snapshot-view.ts';
import { openSnapshots, snapshotSteps } from './snapshots.ts';
import { openEventLog } from './tensorboard/event-log.ts';

/** What a page says about a finished fit. */
export type FitResult = Pick<PageInput, 'name' | 'fieldFile' | 'figures' | 'settings' | 'backend' | 'command'>;

/** Records a fit. */
export interface Recording {
  /** Records a report; the fit waits for it. */
  report(progress: FitProgress): Promise<void>;
  /** The checkpoint, which flushes the records to the disk before it is written itself. */
  readonly checkpoint: Checkpoint | undefined;
  /** What is recorded for the page. */
  readonly recorded: FitHistory;
  /** Writes the page, if one is requested. */
  writePage(result: FitResult): Promise<void>;
  /** Removes the files that are kept only until the page is written. */
  finish(): Promise<void>;
  /** Closes the files. */
  dispose(): void;
}

/** The inputs of a recording. */
export interface RecordingTask {
  readonly paths: RecordingPaths;
  readonly field: Field;
  readonly prepared: PreparedSignal;
  readonly steps: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly output: Output;
  readonly signal: AbortSignal;
}

const nothing = (checkpoint: Checkpoint | undefined): Recording => ({
  report: async () => undefined,
  checkpoint,
  recorded: { history: [], snapshots: [], seconds: undefined },
  writePage: async () => undefined,
  finish: async () => undefined,
  dispose: () => undefined,
});

const pointOf = ({ step, loss, learningRate, terms, metrics }: FitProgress, seconds: number): ReportPoint => ({
  step,
  seconds,
  loss,
  learningRate,
  terms,
  metrics,
});

/**
 * Opens the records of a fit, and continues those of a run that it resumes.
 *
 * @throws FileError when a file cannot be read or written
 */
export const openRecording = async (task: RecordingTask): Promise<Recording> => {
  const { paths, field, prepared, steps, checkpoint, output, signal } = task;
  const { page, history: file, snapshots: snapshotsPath, events: folder } = paths;
  if (page === undefined && file === undefined && folder === undefined) return nothing(checkpoint);
  const step = checkpoint?.step ?? 0;
  const begun = performance.now();
  const existed = file !== undefined && existsSync(file.path);
  if (file?.isLog && existed) output.log(step > 0 ? `continues '${file.path}'` : `replaces '${file.path}'`);
  const history =
    file && (await openCurve<ReportPoint>({ path: file.path, numbers: HISTORY_VALUES }, { step, output }));
  const snapshots = snapshotsPath === undefined ? undefined : openSnapshots(snapshotsPath, { step, output });
  const draw = createSnapshotView(prepared);
  const events = folder === undefined ? undefined : openEventLog(folder, { step, output });
  const due = snapshotSteps(steps);
  let taken = step;
  const takeSnapshot = async (at: number): Promise<void> => {
    const image = await draw(field, signal);
    const [height, width, channels] = image.shape as [number, number, number];
    if (events)
      events.snapshot({ step: at, png: await encodeImage(image, { format: 'png' }), width, height, channels });
    await snapshots?.add({ step: at, webp: await encodeImage(image, { format: 'webp', quality: 88 }) });
  };
  const recorded = (): FitHistory => ({
    history: history?.points ?? [],
    snapshots: snapshots?.all ?? [],
    seconds: history?.points.at(-1)?.seconds,
  });
  return {
    report: async progress => {
      const { step: at } = progress;
      history?.add(pointOf(progress, history.secondsBefore + (performance.now() - begun) / 1000));
      events?.report(progress);
      // After a divergence the fit resumes from an earlier step.
      taken = Math.min(taken, at - 1);
      if ((snapshots || events) && due.some(wanted => wanted > taken && wanted <= at)) {
        taken = at;
        try {
          await takeSnapshot(at);
        } catch (error) {
          // The fit observes the signal too, and saves its state first.
          if (!signal.aborted) throw error;
        }
      }
    },
    checkpoint: checkpoint && history ? { ...checkpoint, store: afterCurve(checkpoint.store, history) } : checkpoint,
    get recorded() {
      return recorded();
    },
    writePage: async result => {
      if (page === undefined) return;
      // Imported lazily, so that a fit without a page does not load the plotting code.
      const { writePage } = await import('../page/write-page.ts');
      const { description } = prepared;
      await writePage(page, { ...result, ...recorded(), field, description, original: prepared, output, signal });
    },
    finish: async () => {
      await snapshots?.remove();
      if (file && !file.isLog && existsSync(file.path)) await unlink(file.path);
    },
    dispose: () => events?.close(),
  };
};
