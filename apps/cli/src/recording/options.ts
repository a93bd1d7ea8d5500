/** @file The options by which a fit is recorded, and the files that they name. */
import { type OutputFile, withOutputFolder } from '@neural-fields/app-kit/files';
import type { Command } from 'commander';
import { type LogTarget, parseLogTarget } from './log-target.ts';

/** What the command line says about the records of a fit. */
export interface RecordingOptions {
  /** `true` is a path made from the output's. */
  readonly page?: true | string;
  readonly log?: string;
}

/** Where a fit is recorded. */
export interface RecordingPaths {
  readonly page: string | undefined;
  /** Pictures of the field on the way, until the page is written. */
  readonly snapshots: string | undefined;
  /** A line for each report: the log, or a file that is kept until the page is written. */
  readonly history: { readonly path: string; readonly isLog: boolean } | undefined;
  /** A folder of event files. */
  readonly events: string | undefined;
}

/** Adds `--page` and `--log`. */
export const addRecordingOptions = (command: Command): Command =>
  command
    .option('--page [file]', 'write an HTML page that shows the fit (default: <output>.html)')
    .option('--log <path>', 'log every report: a .jsonl file, or a folder for TensorBoard (tensorboard:<folder>)');

/** The path of a page that is not named: that of the field with .html at its end. */
export const pageOf = (field: string): string => `${field}.html`;

/** The files and folders of a fit's records. @throws UsageError when `--log` names neither */
export const recordingPaths = (output: string, { page, log }: RecordingOptions): RecordingPaths => {
  const target: LogTarget | undefined = log === undefined ? undefined : parseLogTarget(log);
  const pagePath = page === true ? pageOf(output) : page;
  const logFile = target?.kind === 'jsonl' ? target.path : undefined;
  const history = logFile ?? (pagePath === undefined ? undefined : `${pagePath}.history`);
  return {
    page: pagePath,
    snapshots: pagePath === undefined ? undefined : `${pagePath}.snapshots`,
    history: history === undefined ? undefined : { path: history, isLog: logFile !== undefined },
    events: target?.kind === 'tensorboard' ? target.path : undefined,
  };
};

/** The files of a fit's records, for the rule of outputs. */
export const recordingFiles = ({ page, snapshots, history }: RecordingPaths): OutputFile[] => [
  ...(page === undefined ? [] : [{ option: '--page', path: page, kinds: ['html'] as const }]),
  ...(snapshots === undefined ? [] : [{ option: '--page', path: snapshots, kinds: ['history'] as const }]),
  ...(history === undefined
    ? []
    : [{ option: history.isLog ? '--log' : '--page', path: history.path, kinds: ['history'] as const }]),
];

/** Makes and locks the folder of the events, if there is one, while a fit runs. */
export const withEventFolder = <T>(
  { events }: RecordingPaths,
  force: boolean | undefined,
  work: () => Promise<T>,
): Promise<T> => (events === undefined ? work() : withOutputFolder(events, { option: '--log', force }, work));
