/** @file Prunes the field of a file, with or without its signal. */
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
import { assertWritable, withOutputs } from '@neural-fields/app-kit/files';
import { defaultChunkSize, extensions, pointsOf } from '@neural-fields/app-kit/fitting';
import { adam, encodeField, type Field, fieldFromData, type ObjectiveTerm, term } from '@neural-fields/core';
import type { FieldPrecision } from '@neural-fields/core/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import { mse } from '@neural-fields/losses';
import {
  type ChoiceOptions,
  type CriterionName,
  criteria,
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
import { measureQuality } from '../signals/quality.ts';
import { figuresOf, printTable } from './prune-figures.ts';
import { randomPoints, readSource, type Source } from './prune-source.ts';

/** The settings of the command. */
export interface PruneFileOptions extends BackendOptions {
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
  readonly batch?: number;
  readonly seed: number;
  /** That of the field's file if absent. */
  readonly precision?: FieldPrecision;
  readonly force?: boolean;
}

/** The points at which the mean of a removed unit is taken. */
const MEAN_POINTS = 1024;
/** More points than these are drawn at random in each step. */
const FULL_BATCH = 2 ** 18;
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

const termsOf = ({ source, options, field }: Work): readonly ObjectiveTerm[] => {
  if (source === undefined) return [];
  const { points, description } = source;
  const grid = description.kind === 'image' ? [description.height, description.width] : [description.length];
  const batch = options.batch ?? (points.size <= FULL_BATCH ? 'full' : FULL_BATCH / 4);
  const drawn = pointsOf(points, grid, { batch, sampling: 'random', seed: options.seed });
  if (drawn.inFeatures !== field.inFeatures)
    throw new InputError({ what: '--signal', problem: 'it has another number of coordinates than the field' });
  return [term({ points: drawn, loss: mse() })];
};

/** Prunes with steps of a fit in between. @returns the pruned field, and the number of steps */
const pruneFitting = async (work: Work, source: Source): Promise<readonly [Field, number]> => {
  const { field, loaded, options, output, signal, budget, choice } = work;
  const fitted = loaded.run?.settings?.learningRate;
  const rate = options.learningRate ?? (fitted === undefined ? DEFAULT_RATE : fitted * RATE_SHARE);
  const terms = termsOf(work);
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
  const progress = createProgress(output, { total, unit: 'step' });
  let last: PruneProgress | undefined;
  const pruning =
    psnr === undefined
      ? prune(field, terms, { ...shared, parameters: budget as number, finalSteps })
      : pruneWhile(field, terms, {
          ...shared,
          accept: async tried => (await measureQuality(tried, source.points, signal)).psnr >= psnr,
        });
  try {
    for await (const report of pruning) {
      const isNew = last?.round !== report.round;
      last = report;
      const { step, round, metrics, secondsLeft } = report;
      const figures = [
        `round ${round}`,
        `${formatCount(report.field.parameterCount)} parameters`,
        `PSNR ${formatDecibels(metrics['psnr'] as number)}`,
      ];
      progress.update(step, figures, secondsLeft);
      if (isNew) output.event('round', { round, step, parameters: report.field.parameterCount });
    }
  } catch (error) {
    last?.field.dispose();
    throw error;
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
    const quality = source && (await measureQuality(smaller, source.points, work.signal));
    const pruning = pruningOf(field, smaller, { criterion: options.criterion, steps, psnrBefore: before.psnr });
    const bytes = await encodeField(smaller, metadataOf(loaded.kept, pruning, quality), { precision });
    await writeFileAtomically(options.output, bytes);
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

/**
 * Prunes the field of a file, and writes the smaller one.
 *
 * @throws UsageError when the options do not suit, InputError when a file cannot be read or written, InterruptedError
 *   when it is stopped; nothing is written then
 */
export const pruneFile = async (path: string, options: PruneFileOptions, output: Output): Promise<void> => {
  assertGoal(options);
  const inputs = [path, ...(options.signal === undefined ? [] : [options.signal])];
  const outputs = [{ option: '--output', path: options.output, kinds: ['field'] } as const];
  await withOutputs({ inputs, outputs, force: options.force }, output, async () => {
    const loaded = await loadFieldAloud(path, {}, output);
    const source = options.signal === undefined ? undefined : await readSource(options.signal, loaded, path);
    const { name: backend } = await chooseBackend(options, output);
    const field = fieldFromData(loaded.data, extensions);
    await assertWritable(options.output, { bytes: loaded.bytes });
    const budget = await budgetOf(options, field, loaded);
    const meanOver = tensor2d(randomPoints(field, loaded.signal, MEAN_POINTS, options.seed), [
      MEAN_POINTS,
      field.inFeatures,
    ]);
    // Steps of a fit make up for a missing mean as well.
    const choice: ChoiceOptions = { scope: options.scope, ...(source === undefined && { meanOver }) };
    const idle = createProgress(output, { total: 1, unit: 'step' });
    try {
      await stoppable(output, idle, ({ signal }) =>
        pruneLoaded(path, { loaded, field, source, options, output, signal, budget, choice, meanOver, backend }),
      );
    } finally {
      field.dispose();
      meanOver.dispose();
    }
  });
};
