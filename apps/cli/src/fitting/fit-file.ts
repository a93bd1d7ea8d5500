/** @file Fits a field to one file. */
import { basename } from 'node:path';
import {
  assertMemory,
  type BackendOptions,
  chooseBackend,
  commandLine,
  createProgress,
  formatCount,
  formatSeconds,
  listenForInterrupt,
  type Output,
  type Progress,
  plural,
} from '@neural-fields/app-kit';
import { assertWritable, type OutputFile, withOutputs } from '@neural-fields/app-kit/files';
import {
  type Checkpoint,
  defaultChunkSize,
  extensions,
  type FitSettings,
  fitOptions,
  networkMemory,
  openCheckpoint,
  type ResumePolicy,
} from '@neural-fields/app-kit/fitting';
import { coordinateCount, describeSignal } from '@neural-fields/app-kit/signals';
import { createField, encodeField, type Field, stepsWithin } from '@neural-fields/core';
import { writeFileAtomically } from '@neural-fields/core/node';
import { applyBounds } from '@neural-fields/periodic-init';
import { fieldMetadata } from '../files/field-metadata.ts';
import { roundField } from '../files/lower-precision.ts';
import { boundsProjection, formatBounds } from '../options/bounds.ts';
import { type CheckpointOptions, checkpointPathOf, policyOf } from '../options/checkpoint.ts';
import { type RecordingOptions, recordingFiles, recordingPaths, withEventFolder } from '../recording/options.ts';
import { openRecording } from '../recording/recording.ts';
import { openPreview, previewFile } from '../render/preview.ts';
import { settingsToJson } from '../settings/config-file.ts';
import type { Settings } from '../settings/fit-settings.ts';
import { withNetworkTraining } from '../settings/network-training.ts';
import { loopSettings, repeatableSettings } from '../settings/resolve-settings.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import { readSignal } from '../signals/read-signal.ts';
import { adviceFor } from './advice.ts';
import { encodingLayer } from './encoding.ts';
import type { PlannedFit } from './fit-plan.ts';
import { networkSpec } from './network.ts';
import { settleOmega } from './omega.ts';
import { runFit } from './run-fit.ts';

/** How a fit is run: the options that do not affect its result. */
export interface FitFileOptions extends BackendOptions, RecordingOptions, CheckpointOptions {
  readonly preview?: string;
  readonly previewEvery: number;
  readonly force?: boolean;
}

/** What every part of a fit needs. */
interface FitTask extends PlannedFit {
  readonly settings: Settings;
  readonly options: FitFileOptions;
  /** The checkpoint's path. */
  readonly checkpointPath: string | undefined;
  readonly policy: ResumePolicy;
  readonly printer: Output;
}

/**
 * Beside each parameter, Adam keeps two values, and the running average and the best parameters one each; a checkpoint
 * is written while the previous one still exists.
 */
const CHECKPOINT_COPIES = 2 * 5;
const BYTES_PER_PARAMETER = 4;

/**
 * Fits a field to a file, and writes it.
 *
 * @throws UsageError when the settings or options do not suit the file, InputError when a file cannot be read or
 *   written, or belongs to another run, or the fit diverges, InterruptedError when it is stopped, after a checkpoint
 */
export const fitFile = async (
  { input, output }: PlannedFit,
  settings: Settings,
  options: FitFileOptions,
  printer: Output,
): Promise<void> => {
  const policy = policyOf(options);
  const checkpointPath = checkpointPathOf(output, options);
  const outputs: OutputFile[] = [{ option: '--output', path: output, kinds: ['field'] }];
  if (checkpointPath !== undefined)
    outputs.push({ option: '--checkpoint', path: checkpointPath, kinds: ['checkpoint'] });
  const paths = recordingPaths(output, options);
  outputs.push(...recordingFiles(paths));
  await withOutputs({ inputs: [input], outputs, force: options.force }, printer, () =>
    withEventFolder(paths, options.force, () =>
      readAndFit({ input, output, settings, options, checkpointPath, policy, printer }),
    ),
  );
};

const readAndFit = async (task: FitTask): Promise<void> => {
  const { input, output, settings, options, checkpointPath, printer } = task;
  const prepared = await readSignal(input, settings, { say: printer.log });
  for (const note of prepared.notes) printer.log(note);
  for (const warning of prepared.warnings ?? []) printer.warn(`'${input}': ${warning}`);
  const preview = previewFile(prepared.description, { ...options, output });
  const previews = preview === undefined ? [] : [{ option: '--preview', path: preview, kinds: ['png'] } as const];
  const others = [input, output, ...(checkpointPath === undefined ? [] : [checkpointPath])];
  await withOutputs({ inputs: others, outputs: previews, force: options.force }, printer, () =>
    fitPrepared(task, prepared, preview),
  );
};

/** What the number of steps depends on. */
interface StepsInput {
  readonly prepared: PreparedSignal;
  readonly given: FitSettings;
  readonly settings: Settings;
  readonly checkpoint: Checkpoint | undefined;
  readonly printer: Output;
  readonly signal: AbortSignal;
}

/** The number of steps: as set, or as many as fit into the given time. A resumed run keeps its checkpoint's number. */
const stepsOf = async (
  field: Field,
  { prepared, given, settings: { time }, checkpoint, printer, signal }: StepsInput,
): Promise<number> => {
  if (time === undefined) return given.steps;
  const saved = checkpoint?.resume?.steps;
  if (saved !== undefined) return saved;
  printer.log('measures how long a step takes');
  const { steps: _, ...options } = fitOptions(given);
  const steps = await stepsWithin(field, prepared.terms(given), { ...options, seconds: time, signal });
  printer.log(`--time ${formatSeconds(time)}: ${plural(steps, 'step')}`);
  return steps;
};

const fitPrepared = async (task: FitTask, prepared: PreparedSignal, previewPath: string | undefined): Promise<void> => {
  const { input, output, options, checkpointPath, policy, printer } = task;
  const { description, sha256, fileSha256 } = prepared;
  const settings = settleOmega(task.settings, prepared, printer.log);
  const defaults = withNetworkTraining(prepared.defaults(settings), settings, prepared.points?.size);
  const spec = networkSpec({
    inFeatures: coordinateCount(description),
    outFeatures: prepared.outFeatures,
    network: settings.network,
    hiddenFeatures: settings.hiddenFeatures,
    hiddenLayers: settings.hiddenLayers,
    activation: settings.activation,
    omega0: settings.omega0,
    defaultOmega0: defaults.omega0,
    omegaHidden: settings.omegaHidden,
    weightScale: settings.weightScale,
    defaultWeightScale: defaults.weightScale,
    encoding: encodingLayer(settings, description),
  });
  assertMemory(
    networkMemory(spec, { hiddenFeatures: settings.hiddenFeatures, checkpoint: checkpointPath !== undefined }),
  );
  const project = settings.bounds && boundsProjection(spec, settings.bounds);
  const backend = await chooseBackend(options, printer);
  const field = createField(spec, { seed: settings.seed, extensions });
  // The best parameters may be the initial ones.
  if (settings.bounds) applyBounds(field, settings.bounds);
  const given = loopSettings(settings, defaults, {
    chunkSize: defaultChunkSize(backend.name, field.parameterCount),
  });
  prepared.terms(given); // throws before anything is written
  if (settings.until) prepared.until(settings.until);
  const preview = previewPath === undefined ? undefined : openPreview(previewPath, options.previewEvery, printer);
  const size = field.parameterCount * BYTES_PER_PARAMETER;
  await assertWritable(output, { bytes: size });
  if (checkpointPath !== undefined) await assertWritable(checkpointPath, { bytes: size * CHECKPOINT_COPIES });
  const checkpoint =
    checkpointPath === undefined
      ? undefined
      : await openCheckpoint(
          checkpointPath,
          { policy, steps: settings.time === undefined ? given.steps : undefined },
          printer,
        );
  let progress: Progress | undefined;
  const interrupt = listenForInterrupt(() => {
    progress?.stop();
    printer.log('stopping after this chunk; another Ctrl-C stops at once');
  });
  const steps = await stepsOf(field, {
    prepared,
    given,
    settings,
    checkpoint,
    printer,
    signal: interrupt.signal,
  }).catch(error => {
    interrupt.dispose();
    field.dispose();
    throw error;
  });
  const loop = { ...given, steps };
  progress = createProgress(printer, { total: steps, unit: 'step' });
  printer.log(
    `fits ${formatCount(field.parameterCount)} parameters to ${prepared.describePoints(loop)}, ${plural(steps, 'step')}`,
  );
  const repeatable = repeatableSettings(settings, defaults, steps);
  printer.event('start', {
    file: input,
    signal: description,
    sha256,
    network: spec,
    parameters: field.parameterCount,
    settings: settingsToJson(repeatable),
    backend: backend.name,
    reason: backend.reason,
    resumedFrom: checkpoint?.step ?? 0,
  });
  const recording = await openRecording({
    paths: recordingPaths(output, options),
    field,
    prepared,
    steps,
    checkpoint,
    output: printer,
    signal: interrupt.signal,
  });
  const begun = performance.now();
  try {
    const taken = await runFit(field, prepared, {
      settings: loop,
      recoveries: defaults.recoveries,
      goals: settings,
      bounds: settings.bounds && project && { project, text: formatBounds(settings.bounds) },
      backend: backend.name,
      output: printer,
      progress,
      signal: interrupt.signal,
      checkpoint: recording.checkpoint && { file: recording.checkpoint, everySeconds: options.checkpointEvery },
      report: async reported => {
        await preview?.update(field, interrupt.signal);
        await recording.report(reported);
      },
    });
    const { precision = 'float32' } = settings;
    const lower = await roundField(field, precision, description);
    if (lower !== undefined) {
      printer.event('precision', { precision, ...lower.figures });
      printer.log(lower.text);
    }
    const { figures, text } = await prepared.measure(field, interrupt.signal);
    const metadata = fieldMetadata({
      source: input,
      signal: description,
      sha256,
      fileSha256,
      settings: repeatable,
      backend: backend.name,
      figures,
    });
    await writeFileAtomically(output, await encodeField(field, metadata, { precision }));
    await checkpoint?.remove();
    await preview?.finish(field, interrupt.signal);
    await recording.writePage({
      name: basename(input),
      fieldFile: output,
      figures,
      settings: settingsToJson(repeatable),
      backend: backend.name,
      command: commandLine('neural-fields', process.argv.slice(2)),
    });
    await recording.finish();
    const seconds = (performance.now() - begun) / 1000;
    printer.event('done', { output, ...figures, step: taken, seconds });
    printer.result(
      `${output}: ${describeSignal(description)}, ${text}, ${plural(taken, 'step')} in ${formatSeconds(seconds)}`,
    );
    const advice = adviceFor(description, settings);
    if (advice !== undefined) printer.log(advice);
  } finally {
    recording.dispose();
    interrupt.dispose();
    field.dispose();
  }
};
