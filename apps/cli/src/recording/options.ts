/** @file The options by which a fit is recorded, and the files that they name. */
import { type OutputFile, withOutputFolder } from '@neural-fields/app-kit/files';
import type { Command } from 'commander';
import { type LogTarget, parseLogTarget } from './log-target.ts';

/** The recording options of the command line. */
export interface RecordingOptions {
  /** `true`: the path is derived from the output's. */
  readonly page?: true | string;
  readonly log?: string;
}

/** Where a fit is recorded. */
export interface RecordingPaths {
  readonly page: string | undefined;
  /** Pictures of the field during the fit, kept until the page is written. */
  readonly snapshots: string | undefined;
  /** One line per report: the log, or a file that is kept until the page is written. */
  readonly history: { readonly path: string; readonly isLog: boolean } | undefined;
  /** A folder of event files. */
  readonly events: string | undefined;
}

/** Adds `--page` and `--log`. */
export const addRecordingOptions = (command: Command): Command =>
  command
    .option('--page [file]', 'write an HTML page that shows the fit (default: <output>.html)')
    .option('--log <path>', 'log every report: a .jsonl file, or a folder for TensorBoard (tensorboard:<folder>)');

/** The default path of a page: the field's with .html appended. */
export const pageOf = (field: string): string => `${field}.html`;

/** The files and folders in which a fit is recorded. @throws UsageError when `--log` names neither */
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

/** The files in which a fit is recorded, to be checked and locked as outputs. */
export const recordingFiles = ({ page, snapshots, history }: RecordingPaths): OutputFile[] => [
  ...(page === undefined ? [] : [{ option: '--page', path: page, kinds: ['html'] as const }]),
  ...(snapshots === undefined ? [] : [{ option: '--page', path: snapshots, kinds: ['history'] as const }]),
  ...(history === undefined
    ? []
    : [{ option: history.isLog ? '--log' : '--page', path: history.path, kinds: ['history'] as const }]),
];

/** Creates the event folder, if there is one, and locks it during some work. */
export const withEventFolder = <T>(
  { events }: RecordingPaths,
  force: boolean | undefined,
  work: () => Promise<T>,
): Promise<T> => (events === undefined ? work() : withOutputFolder(events, { option: '--log', force }, work));
