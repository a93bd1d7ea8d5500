/** @file The result of an experiment: all that is known about a run of it, and its JSON form. */
import type { Experiment, ExperimentSettings, FittedModel, ProfileName, TrainedModel } from './experiment.ts';
import { type Findings, verdictOf } from './findings.ts';

/** A fit without its model. */
export type FitRecord = Omit<FittedModel<TrainedModel>, 'model'> & { readonly parameters: number };

/** A run of an experiment. */
export interface ExperimentResult {
  readonly experiment: Experiment;
  readonly profile: ProfileName;
  readonly settings: ExperimentSettings;
  readonly networks: readonly string[];
  readonly backend: { readonly name: string; readonly reason: string };
  readonly notes: readonly string[];
  readonly fits: readonly FitRecord[];
  readonly findings: Findings;
  /** The command as it was given. */
  readonly command: string;
}

/** JSON has no infinities and no NaN: they are written as strings. */
const plainNumber = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** The contents of `results.json`: settings, fits, tables and checks, without curves and pictures. */
export const resultJson = ({ experiment, findings, fits, ...run }: ExperimentResult): Record<string, unknown> => ({
  id: experiment.id,
  title: experiment.title,
  source: experiment.source,
  data: experiment.data,
  ...run,
  fits: fits.map(({ curve, ...fit }) => ({ ...fit, finalLoss: plainNumber(curve.at(-1)?.loss ?? Number.NaN) })),
  tables: findings.tables,
  checks: findings.checks.map(check => ({
    ...check,
    obtained: plainNumber(check.obtained),
    verdict: verdictOf(check),
  })),
  definitions: findings.notes,
  pictures: findings.pictures.flatMap(({ pictures }) =>
    pictures.map(({ name, title }) => ({ file: `${name}.png`, title })),
  ),
  plots: findings.plots.map(({ name, title }) => ({ file: `${name}.svg`, title })),
  files: (findings.files ?? []).map(({ name, what }) => ({ file: name, title: what })),
});
