/** @file Runs experiments from papers, one after the other, and writes one report on all of them. */
import { realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import {
  type BackendOptions,
  chooseBackend,
  didYouMean,
  formatCount,
  formatSeconds,
  InterruptedError,
  listenForInterrupt,
  type Output,
  optionName,
  type Size,
  UsageError,
} from '@neural-fields/app-kit';
import { withOutputFolder } from '@neural-fields/app-kit/files';
import { removeTemporaryFiles, writeFileAtomically } from '@neural-fields/core/node';
import { experiments } from './experiments.ts';
import { checkCells, tableCells, tableLines } from './frame/cells.ts';
import type { Experiment, ExperimentContext, ExperimentSettings, FileKind, ProfileName } from './frame/experiment.ts';
import { type Table, verdictOf } from './frame/findings.ts';
import { type OwnValues, ownOptionsOf, ownValues } from './frame/own-options.ts';
import { makeReport, type ReportedResult, rateAfter } from './frame/report.ts';
import { resultJson } from './frame/result.ts';
import { runExperiment } from './frame/run-experiment.ts';
import { summariesOf } from './summaries.ts';

/** The options of the command line. */
export interface ReproduceOptions extends BackendOptions {
  readonly profile: ProfileName;
  /** The output folder; each experiment gets a subfolder. */
  readonly folder: string;
  readonly restart: boolean;
  /** Write into a folder even if it holds other files. */
  readonly force?: boolean | undefined;
  readonly checkpointEvery: number;
  readonly image?: string | undefined;
  readonly images?: string | undefined;
  readonly audio?: string | undefined;
  readonly shape?: string | undefined;
  readonly data?: string | undefined;
  /** Names of networks; all if absent. */
  readonly networks?: readonly string[] | undefined;
  /** Overrides the profile. */
  readonly size?: Size | undefined;
  readonly steps?: number | undefined;
  readonly hiddenFeatures?: number | undefined;
  /** For all networks. */
  readonly learningRate?: number | undefined;
  readonly seed?: number | undefined;
  /** The options that experiments declare for themselves, by name. */
  readonly own?: OwnValues | undefined;
  /** The command as it was given, for the report. */
  readonly command: string;
}

/** All kinds of files of the user's. */
const fileKinds: readonly FileKind[] = ['image', 'images', 'audio', 'shape', 'data'];

/** The experiments with the given ids, or all of them for `all`. @throws UsageError when one is unknown */
export const findExperiments = (names: readonly string[]): readonly Experiment[] => {
  if (names.includes('all')) {
    if (names.length > 1) throw new UsageError({ what: 'all', problem: 'it excludes the names of experiments' });
    return experiments;
  }
  return [...new Set(names)].map(name => {
    const found = experiments.find(({ id }) => id === name);
    if (found) return found;
    const known = [...experiments.map(({ id }) => id), 'all'];
    const hint = didYouMean(name, known) ?? `the experiments are ${known.slice(0, -1).join(', ')}, and all`;
    throw new UsageError({ problem: `there is no experiment '${name}'`, hint });
  });
};

/** Those experiments of `all` that can run here. */
export const runnableExperiments = (all: readonly Experiment[], output: Output): readonly Experiment[] =>
  all.filter(experiment => {
    const missing = experiment.missing?.();
    if (missing !== undefined) output.log(`${experiment.id} is left out: ${missing}`);
    return missing === undefined;
  });

const settingsOf = (experiment: Experiment, options: ReproduceOptions): ExperimentSettings => {
  const { learningRates, ...profile } = experiment.profiles[options.profile];
  const { size, steps = profile.steps, hiddenFeatures = profile.hiddenFeatures, seed = 0, learningRate } = options;
  const sides = size && 'width' in size ? size : undefined;
  const longest =
    size === undefined ? profile.size : 'longest' in size ? size.longest : Math.max(size.width, size.height);
  const rates = learningRate === undefined ? learningRates && { learningRates } : { learningRate };
  const own = ownValues(experiment, options.profile, options.own);
  return { ...profile, ...rates, steps, hiddenFeatures, seed, size: longest, ...(sides && { sides }), own };
};

/** The requested networks of an experiment. @throws UsageError when the experiment lacks one of them */
const networksOf = ({ id, networks }: Experiment, { networks: wanted }: ReproduceOptions): readonly string[] => {
  if (wanted === undefined) return networks;
  const unknown = wanted.find(name => !networks.includes(name));
  if (unknown !== undefined)
    throw new UsageError({
      what: '--networks',
      problem: `${id} has no network '${unknown}'`,
      hint: didYouMean(unknown, networks) ?? `it has ${networks.join(', ') || 'none'}`,
    });
  return networks.filter(name => wanted.includes(name));
};

const assertTakes = (chosen: readonly Experiment[], options: ReproduceOptions): void => {
  if (options.image !== undefined && options.images !== undefined)
    throw new UsageError({ what: '--images', problem: 'it excludes --image: it names a folder of pictures' });
  for (const kind of fileKinds)
    if (options[kind] !== undefined && !chosen.some(({ takes }) => takes.includes(kind)))
      throw new UsageError({ what: `--${kind}`, problem: 'none of these experiments has it' });
  const taken = ownOptionsOf(chosen).map(({ name }) => name);
  for (const [name, value] of Object.entries(options.own ?? {}))
    if (value !== undefined && !taken.includes(name))
      throw new UsageError({ what: `--${optionName(name)}`, problem: 'none of these experiments has it' });
};

const contextOf = (
  experiment: Experiment,
  options: ReproduceOptions,
  signal: AbortSignal,
  output: Output,
): ExperimentContext => {
  const { profile, networks, size, steps, hiddenFeatures, learningRate, seed } = options;
  const fileOf = (kind: FileKind): string | undefined => (experiment.takes.includes(kind) ? options[kind] : undefined);
  const files = {
    imageFile: fileOf('image'),
    imagesFolder: fileOf('images'),
    audioFile: fileOf('audio'),
    shapeFile: fileOf('shape'),
    dataFile: fileOf('data'),
  };
  const own = Object.keys(experiment.options ?? {}).map(name => options.own?.[name]);
  const changes = [size, steps, hiddenFeatures, learningRate, seed || undefined, ...own, ...Object.values(files)];
  return {
    profile,
    settings: settingsOf(experiment, options),
    unchanged: changes.every(change => change === undefined),
    networks: networks === undefined ? experiment.networks : networksOf(experiment, options),
    ...files,
    signal,
    log: line => output.log(line),
  };
};

const printTable = (table: Table, output: Output): void => {
  output.result('');
  output.result(table.title);
  for (const line of tableLines(tableCells(table))) output.result(`  ${line}`);
};

const printResult = ({ result }: ReportedResult, output: Output): void => {
  const { experiment, findings, fits } = result;
  for (const table of findings.tables) printTable(table, output);
  if (findings.checks.length > 0) {
    output.result('');
    output.result('Expected and obtained');
    for (const line of tableLines(checkCells(findings.checks))) output.result(`  ${line}`);
  }
  for (const { label, diverged, recoveries } of fits) {
    if (diverged !== undefined) output.result(`${label} diverged: ${diverged}`);
    else if (recoveries > 0) output.result(`${label} diverged, and resumed with ${rateAfter(recoveries)}`);
  }
  const seconds = fits.reduce((sum, fit) => sum + fit.seconds, 0);
  const verdicts = findings.checks.map(verdictOf).filter(verdict => verdict !== 'shown');
  const missed = verdicts.filter(verdict => verdict === 'missed').length;
  const outcome =
    missed > 0
      ? `${missed} missed`
      : verdicts.length > 0
        ? 'all expectations met'
        : 'nothing was expected of these settings';
  output.result('');
  output.result(`${experiment.id}: ${outcome}, ${formatSeconds(seconds)} of fitting`);
};

const assertSize = (experiment: Experiment, options: ReproduceOptions): void => {
  const { size, sides } = settingsOf(experiment, options);
  const { least, most } = experiment.sizes;
  const wrong = [size, ...(sides ? [sides.width, sides.height] : [])].find(side => side < least || side > most);
  if (wrong !== undefined)
    throw new UsageError({
      what: '--size',
      wanted: `${formatCount(least)} to ${formatCount(most)} for ${experiment.id}`,
      got: formatCount(wrong),
    });
};

/** Input files must not be in the output folder, where they could be overwritten. */
const assertApart = async (options: ReproduceOptions): Promise<void> => {
  const folder = await realpath(options.folder).catch(() => resolve(options.folder));
  for (const kind of fileKinds) {
    const path = options[kind];
    if (path === undefined) continue;
    const file = await realpath(path).catch(() => resolve(path));
    if (file.startsWith(folder + sep))
      throw new UsageError({
        what: `--${kind} '${path}'`,
        problem: `it is in the output folder '${options.folder}', and could be overwritten`,
      });
  }
};

const runAll = async (chosen: readonly Experiment[], options: ReproduceOptions, output: Output): Promise<void> => {
  await removeTemporaryFiles(options.folder);
  const file = (name: string): string => join(options.folder, name);
  const backend = await chooseBackend(options, output);
  const interrupt = listenForInterrupt(() => output.log('stopping after this chunk; another Ctrl-C stops at once'));
  const reported: ReportedResult[] = [];
  try {
    for (const experiment of chosen) {
      output.log('');
      output.log(`${experiment.id}: ${experiment.title} (${experiment.source})`);
      output.event('experiment', { id: experiment.id });
      const one = await runExperiment(experiment, {
        ...options,
        folder: file(experiment.id),
        context: contextOf(experiment, options, interrupt.signal, output),
        backend,
        output,
      });
      reported.push(one);
      printResult(one, output);
      output.event('result', resultJson(one.result));
      const summaries = summariesOf(reported.map(({ result }) => result));
      const title = `Expected and obtained, ${options.profile} profile`;
      await writeFileAtomically(
        file('index.html'),
        new TextEncoder().encode(makeReport(reported, { title, summaries })),
      );
    }
    const summaries = summariesOf(reported.map(({ result }) => result));
    for (const table of summaries) printTable(table, output);
    output.event('done', { folder: options.folder, report: file('index.html'), summaries });
    output.result('');
    output.result(`report ${file('index.html')}`);
  } catch (error) {
    if (error instanceof InterruptedError) {
      output.log('stopped. Run the same command again to resume from there.');
      output.event('interrupted', { folder: options.folder });
    }
    throw error;
  } finally {
    interrupt.dispose();
  }
};

/**
 * Runs or resumes experiments, and writes their folders and one report.
 *
 * @throws UsageError when an option applies to none of them, InputError when a file or folder cannot be used,
 *   InterruptedError when it is stopped
 */
export const runReproduce = async (
  chosen: readonly Experiment[],
  options: ReproduceOptions,
  output: Output,
): Promise<void> => {
  assertTakes(chosen, options);
  for (const experiment of chosen) {
    networksOf(experiment, options);
    assertSize(experiment, options);
  }
  await assertApart(options);
  const { folder, force } = options;
  await withOutputFolder(folder, { option: '--output', force }, () => runAll(chosen, options, output));
};

/** Lists the experiments. */
export const listExperiments = (output: Output): void => {
  const rows = experiments.map(({ id, source, takes, networks }) => [
    id,
    source,
    takes.map(kind => `--${kind}`).join(' '),
    networks.join(' '),
  ]);
  for (const line of tableLines({ header: ['experiment', 'source', 'takes', 'networks'], rows }, 'left'))
    output.result(line);
  for (const { id, title, source, summary, data, networks, takes, profiles, options = {} } of experiments) {
    const own = Object.fromEntries(Object.entries(options).map(([name, { what, values }]) => [name, { what, values }]));
    output.event('experiment', { id, title, source, summary, data, networks, takes, profiles, options: own });
  }
};
