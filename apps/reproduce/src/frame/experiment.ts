/**
 * @file What an experiment is: fits by name, and a function that looks at the fitted fields and says what was found.
 *   The frame runs, saves and resumes the fits, and writes the results; an experiment only says what is fitted, to
 *   what, and what is expected of it.
 */

import type { CurvePoint as SavedPoint } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Extensions, Field, FieldSpec, Optimizer, Schedule, Term } from '@neural-fields/core';
import type { Findings } from './findings.ts';

/** `quick` takes minutes on two cores; `paper` is the published size. */
export type ProfileName = 'quick' | 'paper';

/**
 * A number of an experiment's own, which the command line may change: `rbfFeatures` is `--rbf-features`. Experiments
 * that share a name share its meaning.
 */
export interface OwnOption {
  /** What it is, in a few words. */
  readonly what: string;
  /** How the help writes its value, e.g. `<n>`. */
  readonly argument: string;
  /** Reads it from the command line. @throws commander's InvalidArgumentError */
  readonly parse: (text: string) => number;
  readonly values: Readonly<Record<ProfileName, number>>;
}

/** The settings of an experiment, which the profile sets and the command line may change. */
export interface ExperimentSettings<Own extends string = string> {
  /** Samples along a side of the picture or of the grid, or the samples of a sound. */
  readonly size: number;
  /** Both sides, when the command line names them. */
  readonly sides?: { readonly width: number; readonly height: number } | undefined;
  readonly steps: number;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly learningRate: number;
  /** In place of it, by network. */
  readonly learningRates?: Readonly<Record<string, number>>;
  /** Of the initial parameters, and of all that is drawn. */
  readonly seed: number;
  /** What the experiment has declared for itself, by name. */
  readonly own: Readonly<Record<Own, number>>;
}

/** The settings of a profile; seed 0 unless the command line says otherwise. */
export type ProfileSettings = Omit<ExperimentSettings, 'seed' | 'sides' | 'own'>;

/** What a user may give in place of an experiment's own data. */
export type FileKind = 'image' | 'audio' | 'shape' | 'data';

/** An experiment of a paper; `Own` are the names of the options that it declares for itself. */
export interface Experiment<Own extends string = string> {
  /** E.g. `siren-image`: its name on the command line, and of its folder. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** Paper, section, figure or table. */
  readonly source: string;
  /** What is done, and what it shows, in a sentence or two. */
  readonly summary: string;
  /** What is fitted. */
  readonly data: string;
  /** The names of the compared networks, for `--networks`; the first is the paper's own. */
  readonly networks: readonly string[];
  /** The kinds of files of the user's own that it takes. */
  readonly takes: readonly FileKind[];
  /** What `--size` may be: below there is nothing to fit or to solve, above it no machine would come to an end. */
  readonly sizes: { readonly least: number; readonly most: number };
  readonly profiles: Readonly<Record<ProfileName, ProfileSettings>>;
  /** Its own options beside those that all have; none if absent. */
  readonly options?: Readonly<Record<Own, OwnOption>>;
  /**
   * Loads or computes the data, and says what is fitted. It must be cheap: it runs again when a stopped run is resumed.
   */
  prepare(context: ExperimentContext<Own>): Promise<ExperimentPlan>;
}

/** What an experiment is told. */
export interface ExperimentContext<Own extends string = string> {
  readonly profile: ProfileName;
  readonly settings: ExperimentSettings<Own>;
  /** True when nothing was changed on the command line, so that the numbers measured for the profile apply. */
  readonly unchanged: boolean;
  /** Those of `Experiment.networks` that were asked for, in that order. */
  readonly networks: readonly string[];
  /** The user's picture. */
  readonly imageFile?: string | undefined;
  /** The user's sound. */
  readonly audioFile?: string | undefined;
  /** The user's mesh. */
  readonly shapeFile?: string | undefined;
  /** The user's measurements. */
  readonly dataFile?: string | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Says what is being done. */
  log(line: string): void;
}

/** What an experiment does. */
export interface ExperimentPlan {
  /** What was done to the data, in sentences. */
  readonly notes: readonly string[];
  /** What was odd about the user's file, in sentences. */
  readonly warnings?: readonly string[];
  /** In the order in which they are run. */
  readonly fits: readonly FitPlan[];
  /**
   * Looks at the fitted fields, by the names of their fits. A field that diverged is there too, with its last good
   * parameters. The frame disposes of the fields.
   */
  evaluate(fits: Readonly<Record<string, FittedField>>): Promise<Findings>;
}

/** One fit. */
export interface FitPlan {
  /** Unique in the experiment; the name of its files, so of letters, digits and hyphens. */
  readonly name: string;
  /** The network's name for people. */
  readonly label: string;
  readonly spec: FieldSpec;
  readonly extensions?: Extensions;
  /** Its points and losses. Made anew for every run. */
  terms(): readonly Term[];
  /**
   * What the spec and the options do not say of what is fitted, e.g. the hash of its data: runs that differ in it are
   * different runs.
   */
  readonly identity: Readonly<Record<string, string>>;
  readonly steps: number;
  readonly seed: number;
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule;
  readonly clipNorm?: number;
  /** Steps between the points of the curve; 1 if absent, on webgpu 10. */
  readonly reportEvery?: number;
  /** What is followed beside the loss; the curve has it as `watched`. */
  readonly watch?: FieldWatch;
  /** What the field represents, so that `neural-fields render` can draw it. */
  readonly signal?: SignalDescription;
}

/** A number of a field that is followed while it is fitted, such as its error against a reference. */
export interface FieldWatch {
  /** At every so many steps, and at the last; a multiple of `reportEvery`. */
  readonly everySteps: number;
  measure(field: Field): Promise<number>;
}

/** One point of the training curve. */
export interface CurvePoint extends SavedPoint {
  /** Before the step's update. */
  readonly loss: number;
  /** What the plan's `watch` measured, after the update; absent at steps where it did not. */
  readonly watched?: number;
}

/** A fit that has ended. */
export interface FittedField {
  readonly name: string;
  readonly label: string;
  readonly field: Field;
  /** The updates behind the parameters. */
  readonly steps: number;
  readonly seconds: number;
  readonly curve: readonly CurvePoint[];
  /** How often its loss diverged and it resumed with half the learning rate. */
  readonly recoveries: number;
  /** Why it ended before its last step; absent when it did not. */
  readonly diverged?: string | undefined;
}
