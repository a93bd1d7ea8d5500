/** @file `neural-fields fit`: a file becomes a field. */

import {
  assertMemory,
  type CommonOptions,
  chooseBackend,
  createProgress,
  finite,
  formatCount,
  formatSeconds,
  fraction,
  integer,
  listenForInterrupt,
  notNegative,
  numberList,
  type Output,
  outputOf,
  parseSize,
  plural,
  positive,
  type Size,
  UsageError,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { assertWritable, type OutputFile, withOutputs } from '@neural-fields/app-kit/files';
import {
  defaultChunkSize,
  extensions,
  type FitSettings,
  networkMemory,
  openCheckpoint,
  type ResumePolicy,
} from '@neural-fields/app-kit/fitting';
import { coordinateCount, describeSignal } from '@neural-fields/app-kit/signals';
import { createField, encodeField, reportInterval } from '@neural-fields/core';
import { writeFileAtomically } from '@neural-fields/core/node';
import { type Command, Option } from 'commander';
import { type EncodingOptions, encodingLayer, encodingNames } from '../fitting/encoding.ts';
import { fieldMetadata } from '../fitting/field-metadata.ts';
import { activationNames, networkSpec } from '../fitting/network.ts';
import { type PresetName, presetNames } from '../fitting/presets.ts';
import { runFit } from '../fitting/run-fit.ts';
import {
  addRecordingOptions,
  type RecordingOptions,
  recordingFiles,
  recordingPaths,
  withEventFolder,
} from '../recording/options.ts';
import { openRecording } from '../recording/recording.ts';
import { openPreview, previewFile } from '../render/preview.ts';
import type { ShapeOptions } from '../signals/prepare-shape.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';
import { readSignal } from '../signals/read-signal.ts';

/** The options as commander gives them. */
interface FitCommandOptions
  extends CommonOptions,
    EncodingOptions,
    RecordingOptions,
    Pick<FitSettings, 'seed' | 'chunkSize' | 'averageDecay'>,
    Partial<Pick<FitSettings, 'steps' | 'learningRate' | 'schedule' | 'batch' | 'clipNorm'>>,
    ShapeOptions {
  readonly output: string;
  readonly preset: PresetName;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly activation?: string;
  readonly omega0?: number;
  readonly omegaHidden?: number;
  readonly size?: Size;
  readonly channels?: 'grey' | 'rgb' | 'keep';
  readonly grid: 'corner-aligned' | 'pixel-centred';
  readonly aspect?: 'stretch' | 'keep';
  readonly allowDamaged?: boolean;
  readonly maxPixels?: number;
  readonly maxBytes?: number;
  /** `false` is `--no-checkpoint`; absent, a path made from the output's. */
  readonly checkpoint?: false | string;
  readonly checkpointEvery: number;
  readonly resume?: boolean;
  readonly restart?: boolean;
  readonly reportEvery?: number;
  readonly preview?: string;
  readonly previewEvery: number;
  readonly force?: boolean;
}

const policyOf = ({ resume, restart }: FitCommandOptions): ResumePolicy => {
  if (restart && resume !== undefined)
    throw new UsageError(`--restart and ${resume ? '--resume' : '--no-resume'} exclude each other`);
  return restart ? 'restart' : resume === undefined ? 'auto' : resume ? 'require' : 'never';
};

const checkpointPath = ({
  output,
  checkpoint = `${output}.checkpoint`,
  resume,
}: FitCommandOptions): string | undefined => {
  if (checkpoint !== false) return checkpoint;
  if (resume === true) throw new UsageError('--resume needs a checkpoint, and --no-checkpoint forbids one');
  return undefined;
};

/**
 * Adam keeps two numbers beside each parameter, an average one more; the checkpoint is written beside its older self.
 */
const CHECKPOINT_COPIES = 2 * 4;
const BYTES_PER_PARAMETER = 4;

/** What a fit needs to know beside its options. */
interface FitTask {
  readonly file: string;
  readonly options: FitCommandOptions;
  /** The checkpoint's path. */
  readonly path: string | undefined;
  readonly policy: ResumePolicy;
  readonly output: Output;
}

const action = async (file: string, options: FitCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const policy = policyOf(options);
  const path = checkpointPath(options);
  const outputs: OutputFile[] = [{ option: '--output', path: options.output, kinds: ['field'] }];
  if (path !== undefined) outputs.push({ option: '--checkpoint', path, kinds: ['checkpoint'] });
  const recordingTo = recordingPaths(options.output, options);
  outputs.push(...recordingFiles(recordingTo));
  await withOutputs({ inputs: [file], outputs, force: options.force }, output, () =>
    withEventFolder(recordingTo, options.force, () => readAndFit({ file, options, path, policy, output })),
  );
};

const readAndFit = async (task: FitTask): Promise<void> => {
  const { file, options, path, output } = task;
  const prepared = await readSignal(file, {
    convention: options.grid,
    ...(options.size && { size: options.size }),
    ...(options.channels && { channels: options.channels }),
    ...(options.aspect && { aspect: options.aspect }),
    ...(options.allowDamaged && { allowDamaged: true }),
    ...(options.maxPixels !== undefined && { maxPixels: options.maxPixels }),
    maxBytes: options.maxBytes,
    say: output.log,
    ...pickShapeOptions(options),
    preset: options.preset,
  });
  for (const note of prepared.notes) output.log(note);
  for (const warning of prepared.warnings ?? []) output.warn(`'${file}': ${warning}`);
  const { description } = prepared;
  const preview = previewFile(description, options);
  const previews = preview === undefined ? [] : [{ option: '--preview', path: preview, kinds: ['png'] } as const];
  const others = [file, options.output, ...(path === undefined ? [] : [path])];
  await withOutputs({ inputs: others, outputs: previews, force: options.force }, output, () =>
    fitPrepared(task, prepared, preview),
  );
};

const fitPrepared = async (task: FitTask, prepared: PreparedSignal, previewPath: string | undefined): Promise<void> => {
  const { file, options, path, policy, output } = task;
  const { description } = prepared;
  const defaults = prepared.defaults(options.preset);
  const spec = networkSpec({
    inFeatures: coordinateCount(description),
    outFeatures: prepared.outFeatures,
    hiddenFeatures: options.hiddenFeatures,
    hiddenLayers: options.hiddenLayers,
    activation: options.activation,
    omega0: options.omega0,
    omegaHidden: options.omegaHidden,
    encoding: encodingLayer(options, description, options.seed),
  });
  assertMemory(networkMemory(spec, { hiddenFeatures: options.hiddenFeatures, checkpoint: path !== undefined }));
  const backend = await chooseBackend(options, output);
  const field = createField(spec, { seed: options.seed, extensions });
  const { steps = defaults.steps, learningRate = defaults.learningRate, schedule = defaults.schedule } = options;
  const settings: FitSettings = {
    steps,
    learningRate,
    schedule,
    batch: options.batch ?? defaults.batch,
    clipNorm: options.clipNorm ?? defaults.clipNorm,
    seed: options.seed,
    averageDecay: options.averageDecay,
    chunkSize: options.chunkSize ?? defaultChunkSize(backend.name, field.parameterCount),
    // A report reads the loss from the device, for which a GPU has to stop.
    reportEvery: options.reportEvery ?? reportInterval(),
  };
  prepared.terms(settings); // complains before anything is written
  const preview = previewPath === undefined ? undefined : openPreview(previewPath, options.previewEvery, output);
  const size = field.parameterCount * BYTES_PER_PARAMETER;
  await assertWritable(options.output, { bytes: size });
  if (path !== undefined) await assertWritable(path, { bytes: size * CHECKPOINT_COPIES });
  const checkpoint = path === undefined ? undefined : await openCheckpoint(path, { policy, steps }, output);
  const progress = createProgress(output, { total: steps, unit: 'step' });
  const interrupt = listenForInterrupt(() => {
    progress.stop();
    output.log('stopping after this chunk; once more stops at once');
  });
  output.log(
    `fits ${formatCount(field.parameterCount)} parameters to ${prepared.describePoints(settings)}, ${plural(steps, 'step')}`,
  );
  output.event('start', {
    file,
    signal: description,
    sha256: prepared.sha256,
    network: spec,
    parameters: field.parameterCount,
    settings,
    backend: backend.name,
    reason: backend.reason,
    resumedFrom: checkpoint?.step ?? 0,
  });
  const recording = await openRecording({
    paths: recordingPaths(options.output, options),
    field,
    prepared,
    steps,
    checkpoint,
    output,
    signal: interrupt.signal,
  });
  const begun = performance.now();
  try {
    await runFit(field, prepared, {
      settings,
      backend: backend.name,
      output,
      progress,
      signal: interrupt.signal,
      checkpoint: recording.checkpoint && { file: recording.checkpoint, everySeconds: options.checkpointEvery },
      report: async reported => {
        await preview?.update(field, interrupt.signal);
        await recording.report(reported);
      },
    });
    const { figures, text } = await prepared.measure(field, interrupt.signal);
    const metadata = fieldMetadata({ source: file, prepared, settings, backend: backend.name, figures });
    await writeFileAtomically(options.output, await encodeField(field, metadata));
    await checkpoint?.remove();
    await preview?.finish(field, interrupt.signal);
    await recording.finish();
    const seconds = (performance.now() - begun) / 1000;
    output.event('done', { output: options.output, ...figures, step: steps, seconds });
    output.result(
      `${options.output}: ${describeSignal(description)}, ${text}, ${plural(steps, 'step')} in ${formatSeconds(seconds)}`,
    );
  } finally {
    recording.dispose();
    interrupt.dispose();
    field.dispose();
  }
};

const pickShapeOptions = ({ near, weights, distanceWeight, margin, normals }: ShapeOptions): ShapeOptions => ({
  ...(near !== undefined && { near }),
  ...(weights && { weights }),
  ...(distanceWeight !== undefined && { distanceWeight }),
  ...(margin !== undefined && { margin }),
  ...(normals && { normals }),
});

const parseBatch = (text: string): 'full' | number => (text === 'full' ? text : integer(1)(text));

/** Adds the command. */
export const addFitCommand = (program: Command): void => {
  const command = program
    .command('fit')
    .description(
      'Fit a field to an image (PNG, JPEG, WebP, AVIF), a sound (WAV) or a shape (PLY, OBJ, STL, XYZ). The kind is found from the content.',
    )
    .argument('<file>', 'the image, sound or shape')
    .requiredOption('-o, --output <file>', 'the field file to write (safetensors)')
    .addOption(
      new Option(
        '--preset <name>',
        "fast ends within about a minute on two cores; paper has the SIREN paper's settings",
      )
        .choices([...presetNames])
        .default('fast'),
    )
    .optionsGroup('Network:')
    .option('--hidden-features <n>', 'width of the hidden layers', integer(1, 65_536), 256)
    .option('--hidden-layers <n>', 'hidden-to-hidden layers, as the SIREN paper counts', integer(0, 1_000), 3)
    .addOption(
      new Option('--activation <name>', 'activation (default: sine, a SIREN; relu behind an encoding)').choices([
        ...activationNames,
      ]),
    )
    .option(
      '--omega0 <number>',
      'frequency factor of the first layer (default: 30 for images, 3000 for sound)',
      positive,
    )
    .option('--omega-hidden <number>', 'frequency factor of the other layers (default: 30)', positive)
    .addOption(
      new Option('--encoding <name>', 'encode the coordinates before the first layer').choices([...encodingNames]),
    )
    .option(
      '--encoding-octaves <n>',
      'of positional (default: up to the Nyquist frequency; 10 for shapes)',
      integer(1, 32),
    )
    .option(
      '--encoding-features <n>',
      'frequencies of fourier (default: 256), functions of rbf (default: 1024)',
      integer(1, 65_536),
    )
    .option(
      '--encoding-scale <number>',
      'deviation of the frequencies of fourier, in turns per unit (default: 5)',
      positive,
    )
    .option('--encoding-sigma <number>', 'width of the functions of rbf, in units (default: 0.25)', positive)
    .optionsGroup('Fit:')
    .option(
      '--steps <n>',
      'total number of updates, including those before a resume (default: 500, shapes 300; paper 10000, sounds 9000)',
      integer(1),
    )
    .option(
      '--learning-rate <number>',
      "Adam's learning rate (default: 1e-3, sounds and shapes 5e-4; paper 1e-4)",
      positive,
    )
    .addOption(
      new Option(
        '--schedule <name>',
        'learning rate over the steps; cosine falls to 0 (default: cosine; paper constant)',
      ).choices(['constant', 'cosine']),
    )
    .option(
      '--batch <n>',
      'points in a step: full, or a number of random ones (default: 8192, paper full; shapes 2800, half of them on the surface)',
      parseBatch,
    )
    .option('--clip-norm <number>', 'shorten longer gradients to this norm (default: none; shapes 1)', positive)
    .option('--average-decay <number>', 'write a moving average of the parameters, e.g. 0.999', fraction)
    .option('--seed <number>', 'seed of the initial parameters and of random points', finite, 0)
    .option('--chunk-size <n>', 'points computed at once (default: by memory and speed)', integer(1))
    .optionsGroup('Signal:')
    .option(
      '--size <size>',
      'shrink the image first: WIDTHxHEIGHT, or a number for the longest side at most',
      parseSize,
    )
    .addOption(
      new Option('--channels <name>', 'channels of the image (default: keep)').choices(['grey', 'rgb', 'keep']),
    )
    .addOption(
      new Option(
        '--grid <name>',
        'where the samples lie: the outer ones on the edges, or each in the middle of its pixel',
      )
        .choices(['corner-aligned', 'pixel-centred'])
        .default('corner-aligned'),
    )
    .addOption(
      new Option(
        '--aspect <name>',
        'stretch both sides of the image to [-1, 1], or keep the pixels square (default: stretch)',
      ).choices(['stretch', 'keep']),
    )
    .option('--allow-damaged', 'read what there is of a damaged picture, with a warning')
    .option('--max-pixels <n>', 'refuse a picture of more pixels (default: 268435456)', integer(1))
    .option('--max-bytes <n>', 'refuse a larger file (default: 2 GiB, from a pipe 256 MiB)', integer(1))
    .optionsGroup('Shape:')
    .option(
      '--near <share>',
      'points near the surface beside the others, as a share of the batch (default: 0.25; paper 0)',
      fraction,
    )
    .option(
      '--weights <four numbers>',
      "the weights of the loss's parts: surface,off,normal,eikonal (default: 3000,100,100,50)",
      numberList(4, 'four numbers surface,off,normal,eikonal of at least 0', 0),
    )
    .option(
      '--distance-weight <number>',
      "the weight of the distance to the shape's nearest point, off the surface; 0 for the paper's loss alone (default: 150; paper 0)",
      notNegative,
    )
    .option('--margin <share>', 'room between the shape and the box that it is put into (default: 0.1)', fraction)
    .addOption(
      new Option(
        '--normals <name>',
        'the normals of a mesh: those of its triangles, or those of its corners, interpolated (default: face)',
      ).choices(['face', 'vertex']),
    )
    .option('--preview <file>', 'where the surface is drawn as it goes (PNG; default: the output with .png at its end)')
    .option('--preview-every <seconds>', 'seconds between previews; 0 for none', notNegative, 20)
    .optionsGroup('Checkpoint:')
    .option('--checkpoint <file>', 'where the run is saved (default: the output with .checkpoint at its end)')
    .option('--no-checkpoint', 'save nothing before the end')
    .option('--checkpoint-every <seconds>', 'seconds between checkpoints', positive, 30)
    .option('--resume', 'go on from the checkpoint; without this option the run does so if there is one')
    .option('--no-resume', 'stop with an error if there is a checkpoint')
    .option('--restart', 'throw the checkpoint away and begin anew')
    .optionsGroup('Output:')
    .option('--force', 'replace files that this program did not write')
    .option('--report-every <n>', 'steps between reports (default: as the backend says, 1 on CPUs)', integer(1));
  addRecordingOptions(command);
  withCommonOptions(command).action(action);
};
