/** @file Prunes the field of a file, with or without its signal. */
import { existsSync } from 'node:fs';
import {
  type BackendOptions,
  chooseBackend,
  createProgress,
  formatBytes,
  formatCount,
  formatDecibels,
  formatSeconds,
  InputError,
  type Output,
  plainNumber,
  plural,
  stoppable,
  UsageError,
} from '@neural-fields/app-kit';
import { assertWritable, type OutputFile, withOutputs } from '@neural-fields/app-kit/files';
import { type Checkpoint, defaultChunkSize, extensions, openCheckpoint } from '@neural-fields/app-kit/fitting';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import { adam, CheckpointError, encodeField, type Field, fieldFromData } from '@neural-fields/core';
import type { FieldPrecision } from '@neural-fields/core/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import {
  type ChoiceOptions,
  type CriterionName,
  criteria,
  type PruneOptions,
  type PruneProgress,
  prune,
  pruneTo,
  pruneWhile,
  type RankingScope,
  removalBound,
} from '@neural-fields/pruning';
import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { type LoadedField, loadFieldAloud } from '../files/load-field.ts';
import { roundField } from '../files/lower-precision.ts';
import { metadataOf, pruningOf } from '../files/pruned-metadata.ts';
import { explain } from '../fitting/run-fit.ts';
import { type CheckpointOptions, checkpointPathOf, policyOf } from '../options/checkpoint.ts';
import { hashFile } from '../signals/prepare-image.ts';
import { figuresOf, printTable } from './prune-figures.ts';
import { randomPoints, readSource, type Source } from './prune-source.ts';

/** The settings of the command. */
export interface PruneFileOptions extends BackendOptions, CheckpointOptions {
  readonly output: string;
  readonly signal?: string;
  readonly parameters?: number;
  readonly psnr?: number;
  readonly size?: number;
  readonly criterion: CriterionName;
  readonly scope: RankingScope;
  readonly rounds?: number;
  readonly steps: number;
  readonly finalSteps?: number;
  readonly learningRate?: number;
  readonly batch?: 'full' | number;
  readonly seed: number;
  /** That of the field's file if absent. */
  readonly precision?: FieldPrecision;
  readonly force?: boolean;
}

/** The points at which the mean of a removed unit is taken. */
const MEAN_POINTS = 1024;
const DEFAULT_RATE = 1e-3;
/** The share of the fit's learning rate: at all of it, a field that has converged diverges. */
const RATE_SHARE = 0.25;
const DEFAULT_ROUNDS = 8;

const precisionOf = (
  { precision: own = 'float32' }: LoadedField,
  { precision = own === 'bfloat16' ? 'float32' : own }: PruneFileOptions,
): FieldPrecision => precision;

/** What all steps of the command share. */
interface Work {
  readonly loaded: LoadedField;
  readonly field: Field;
  readonly source: Source | undefined;
  readonly options: PruneFileOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** The number of parameters that a budget allows. */
  readonly budget: number | undefined;
  readonly choice: ChoiceOptions;
  readonly backend: string;
  readonly meanOver: Tensor2D;
  readonly checkpoint: Checkpoint | undefined;
}

/** The number of parameters that fit into a file: the rest of it hardly depends on them. */
const budgetOf = async (options: PruneFileOptions, field: Field, loaded: LoadedField): Promise<number | undefined> => {
  const { parameters, size } = options;
  if (size === undefined) return parameters;
  const encode = async (precision: FieldPrecision): Promise<number> =>
    (await encodeField(field, loaded.kept, { precision })).length;
  const precision = precisionOf(loaded, options);
  const [whole, float32] = [await encode(precision), await encode('float32')];
  // Room for the record of the pruning.
  const header = float32 - 4 * field.parameterCount + 400;
  const perParameter = (whole - header) / field.parameterCount;
  const budget = Math.floor((size - header) / perParameter);
  if (budget >= 1) return Math.min(budget, field.parameterCount);
  throw new UsageError({
    what: `--size ${formatBytes(size)}`,
    wanted: `more than ${formatBytes(header)}`,
    got: 'less',
  });
};

/** Where a pruning to a budget is saved, and what identifies it besides the options of the loop. */
const savingOf = async (
  { field, loaded, options, output, checkpoint, backend }: Work,
  { sha256 }: Source,
): Promise<Pick<PruneOptions, 'checkpoint'>> => {
  if (checkpoint === undefined) return {};
  const { kept } = loaded;
  return {
    checkpoint: {
      store: checkpoint.store,
      ...(checkpoint.resume && { resume: checkpoint.resume }),
      everySeconds: options.checkpointEvery,
      identity: {
        field: `sha256 ${hashFile(await encodeField(field))}`,
        signal: `sha256 ${sha256}`,
        batch: String(options.batch ?? 'default'),
        backend,
      },
      metadata: kept[SIGNAL_KEY] === undefined ? {} : { [SIGNAL_KEY]: kept[SIGNAL_KEY] },
      onWarning: message => output.warn(message),
    },
  };
};

/** Prunes with steps of a fit in between. @returns the pruned field, and the number of steps */
const pruneFitting = async (work: Work, source: Source): Promise<readonly [Field, number]> => {
  const { field, loaded, options, output, signal, budget, choice } = work;
  const fitted = loaded.run?.settings?.learningRate;
  const rate = options.learningRate ?? (fitted === undefined ? DEFAULT_RATE : fitted * RATE_SHARE);
  const terms = source.terms(field, { batch: options.batch, seed: options.seed });
  const { rounds = options.psnr === undefined ? DEFAULT_ROUNDS : 30, steps: stepsPerRound, psnr } = options;
  const { finalSteps = 4 * stepsPerRound } = options;
  const chunkSize = defaultChunkSize(work.backend, field.parameterCount);
  const shared = {
    ...choice,
    criterion: criteria[options.criterion]({ terms, seed: options.seed }),
    optimizer: adam({ learningRate: rate }),
    seed: options.seed,
    signal,
    stepsPerRound,
    rounds,
    ...(chunkSize !== undefined && { chunkSize }),
  };
  const total = psnr === undefined ? (rounds - 1) * stepsPerRound + finalSteps : rounds * stepsPerRound;
  output.log(
    `fits on with learning rate ${plainNumber(rate)}, ${plural(stepsPerRound, 'step')} a round${psnr === undefined ? `, ${plural(total, 'step')} in all` : ''}`,
  );
  if (work.checkpoint?.resume) output.log(`resumes from step ${work.checkpoint.step} of '${work.checkpoint.path}'`);
  output.event('start', { parameters: field.parameterCount, steps: total, resumedFrom: work.checkpoint?.step ?? 0 });
  const progress = createProgress(output, { total, unit: 'step' });
  let last: PruneProgress | undefined;
  const pruning =
    psnr === undefined
      ? prune(field, terms, { ...shared, parameters: budget as number, finalSteps, ...(await savingOf(work, source)) })
      : pruneWhile(field, terms, {
          ...shared,
          accept: async tried => ((await source.figures(tried, signal)).psnr ?? Number.NEGATIVE_INFINITY) >= psnr,
        });
  try {
    for await (const report of pruning) {
      const isNew = last?.round !== report.round;
      last = report;
      const { step, round, metrics, loss, secondsLeft } = report;
      const figures = [
        `round ${round}`,
        `${formatCount(report.field.parameterCount)} parameters`,
        metrics['psnr'] === undefined ? `loss ${plainNumber(loss)}` : `PSNR ${formatDecibels(metrics['psnr'])}`,
      ];
      progress.update(step, figures, secondsLeft);
      if (isNew) output.event('round', { round, step, parameters: report.field.parameterCount });
    }
  } catch (error) {
    last?.field.dispose();
    throw error instanceof CheckpointError ? explain(error, work.checkpoint) : error;
  } finally {
    progress.stop();
  }
  return [last?.field ?? field, last?.step ?? 0];
};

/** Prunes at once, and says how far the output may change. */
const pruneAtOnce = async ({
  field,
  options,
  budget,
  choice,
  meanOver,
  output,
}: Work): Promise<readonly [Field, number]> => {
  const criterion = criteria[options.criterion]({ terms: [], seed: options.seed });
  const { field: smaller, removed } = await pruneTo(field, { ...choice, criterion, parameters: budget as number });
  const bound = await removalBound(field, removed, { meanOver });
  const largest = Math.max(...bound);
  output.event('bound', { bound: [...bound] });
  output.result(
    `every value changes by at most ${plainNumber(largest)}: a bound that takes the worst signs in every layer`,
  );
  return [smaller, 0];
};

const assertGoal = ({ parameters, psnr, size, signal, criterion }: PruneFileOptions): void => {
  const given = Object.entries({ '--parameters': parameters, '--psnr': psnr, '--size': size }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length !== 1)
    throw new UsageError({
      what: 'prune',
      wanted: 'one of --parameters, --psnr and --size',
      got: given.map(([name]) => name).join(' and ') || 'none',
    });
  if (signal === undefined && psnr !== undefined)
    throw new UsageError({
      what: '--psnr',
      problem: 'it needs the signal that the field represents',
      hint: '--signal',
    });
  if (signal === undefined && criterion === 'gradient')
    throw new UsageError({ what: '--criterion gradient', problem: 'it needs the signal, by --signal' });
};

const pruneLoaded = async (path: string, work: Work): Promise<void> => {
  const { loaded, field, source, options, output } = work;
  const measured = { source, description: loaded.signal, signal: work.signal };
  const before = await figuresOf(field, loaded.bytes, measured);
  if (options.psnr !== undefined && before.psnr === undefined)
    throw new UsageError({
      what: '--psnr',
      wanted: 'the field of a picture or a sound',
      got: 'one of a shape',
      hint: '--parameters or --size',
    });
  if (options.psnr !== undefined && (before.psnr as number) < options.psnr)
    throw new InputError({
      what: `'${path}'`,
      wanted: `a field of at least ${formatDecibels(options.psnr)}, to be pruned as long as it has as many`,
      got: formatDecibels(before.psnr as number),
    });
  const begun = performance.now();
  const [smaller, steps] = source ? await pruneFitting(work, source) : await pruneAtOnce(work);
  try {
    if (work.budget !== undefined && smaller.parameterCount > work.budget)
      output.warn(`its layers cannot be made smaller than ${formatCount(smaller.parameterCount)} parameters`);
    if (smaller.parameterCount === field.parameterCount)
      output.warn('nothing was removed: no smaller field met the goal, so the file holds the field as it was');
    const precision = precisionOf(loaded, options);
    const lower = await roundField(smaller, precision, loaded.signal);
    if (lower) output.log(lower.text);
    const quality = await source?.recorded(smaller, work.signal);
    const pruning = pruningOf(field, smaller, { criterion: options.criterion, steps, psnrBefore: before.psnr });
    const bytes = await encodeField(smaller, metadataOf(loaded.kept, pruning, quality), { precision });
    await writeFileAtomically(options.output, bytes);
    await work.checkpoint?.remove();
    const after = await figuresOf(smaller, bytes.length, measured);
    const seconds = (performance.now() - begun) / 1000;
    output.event('done', { output: options.output, before, after, pruned: pruning, seconds });
    printTable(
      [
        ['before', before],
        ['after', after],
      ],
      output,
    );
    const fitted = steps > 0 ? `, ${plural(steps, 'step')} in ${formatSeconds(seconds)}` : '';
    output.result(`${options.output}: ${formatCount(smaller.parameterCount)} parameters${fitted}`);
  } finally {
    if (smaller !== field) smaller.dispose();
  }
};

/** The checkpoint's path: only a pruning to a budget that fits on resumes. */
const ownCheckpointPath = (options: PruneFileOptions): string | undefined => {
  if (options.signal !== undefined && options.psnr === undefined) return checkpointPathOf(options.output, options);
  const why = options.psnr === undefined ? 'without --signal' : 'with --psnr';
  for (const [name, given] of [
    ['--checkpoint', typeof options.checkpoint === 'string'],
    ['--resume', options.resume === true],
    ['--restart', options.restart === true],
  ] as const)
    if (given) throw new UsageError({ what: name, problem: `there is no checkpoint ${why}` });
  return undefined;
};

/** Says what is left behind by a pruning that was stopped. */
const tellStopped = ({ path, failure }: Checkpoint, output: Output): void => {
  const problem = failure();
  if (problem !== undefined) output.warn(`stopped, and the checkpoint could not be written: ${problem}`);
  else if (existsSync(path)) {
    output.log(`stopped; the checkpoint is '${path}'. Run the same command again to resume from there.`);
    output.event('interrupted', { checkpoint: path });
  } else output.warn('stopped before the first step was done; there is nothing to resume');
};

/**
 * Prunes the field of a file, and writes the smaller one.
 *
 * @throws UsageError when the options do not suit, InputError when a file cannot be read or written or a checkpoint is
 *   that of another run, InterruptedError when it is stopped, after a checkpoint where it has one
 */
export const pruneFile = async (path: string, options: PruneFileOptions, output: Output): Promise<void> => {
  assertGoal(options);
  const policy = policyOf(options);
  const checkpointPath = ownCheckpointPath(options);
  const inputs = [path, ...(options.signal === undefined ? [] : [options.signal])];
  const outputs: OutputFile[] = [{ option: '--output', path: options.output, kinds: ['field'] }];
  if (checkpointPath !== undefined)
    outputs.push({ option: '--checkpoint', path: checkpointPath, kinds: ['checkpoint'] });
  await withOutputs({ inputs, outputs, force: options.force }, output, async () => {
    const loaded = await loadFieldAloud(path, {}, output);
    const source = options.signal === undefined ? undefined : await readSource(options.signal, loaded, path);
    const { name: backend } = await chooseBackend(options, output);
    const field = fieldFromData(loaded.data, extensions);
    await assertWritable(options.output, { bytes: loaded.bytes });
    const checkpoint =
      checkpointPath === undefined
        ? undefined
        : await openCheckpoint(checkpointPath, { policy, steps: undefined }, output);
    const budget = await budgetOf(options, field, loaded);
    const meanOver = tensor2d(randomPoints(field, loaded.signal, MEAN_POINTS, options.seed), [
      MEAN_POINTS,
      field.inFeatures,
    ]);
    // Steps of a fit make up for a missing mean as well.
    const choice: ChoiceOptions = { scope: options.scope, ...(source === undefined && { meanOver }) };
    const idle = createProgress(output, { total: 1, unit: 'step' });
    const work = { loaded, field, source, options, output, budget, choice, meanOver, backend, checkpoint };
    try {
      await stoppable(
        output,
        idle,
        ({ signal }) => pruneLoaded(path, { ...work, signal }),
        checkpoint && (() => tellStopped(checkpoint, output)),
      );
    } finally {
      field.dispose();
      meanOver.dispose();
    }
  });
};
