/**
 * @file What an experiment is: named fits, and a function that evaluates what was fitted and returns its findings.
 *   The framework runs, saves and resumes the fits, and writes the results; an experiment only says what is fitted, to
 *   what, and which results are expected.
 */

import type { CurvePoint as SavedPoint } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type {
  Extensions,
  Field,
  FieldSpec,
  FitOptions,
  Model,
  ObjectiveTerm,
  Optimizer,
  ParameterProjection,
  Schedule,
} from '@neural-fields/core';
import type { Findings } from './findings.ts';

/** `quick` takes minutes on two cores; `paper` is the published size. */
export type ProfileName = 'quick' | 'paper';

/**
 * A numeric option that an experiment declares for itself and that the command line can set: `rbfFeatures` is
 * `--rbf-features`. Experiments that declare the same name give it the same meaning.
 */
export interface OwnOption {
  /** A short description. */
  readonly what: string;
  /** The placeholder for its value in the help, e.g. `<n>`. */
  readonly argument: string;
  /** Parses it from the command line. @throws commander's InvalidArgumentError */
  readonly parse: (text: string) => number;
  readonly values: Readonly<Record<ProfileName, number>>;
}

/** The settings of an experiment, which the profile sets and the command line may change. */
export interface ExperimentSettings<Own extends string = string> {
  /** Samples along a side of the picture or of the grid, or the number of samples of a sound. */
  readonly size: number;
  /** Width and height, when the command line gives both. */
  readonly sides?: { readonly width: number; readonly height: number } | undefined;
  readonly steps: number;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly learningRate: number;
  /** Overrides `learningRate`, by network. */
  readonly learningRates?: Readonly<Record<string, number>>;
  /** For the initial parameters and everything else that is random. */
  readonly seed: number;
  /** The values of the options that the experiment declares for itself, by name. */
  readonly own: Readonly<Record<Own, number>>;
}

/** The settings of a profile; seed 0 unless the command line says otherwise. */
export type ProfileSettings = Omit<ExperimentSettings, 'seed' | 'sides' | 'own'>;

/** The kinds of files that a user may give in place of an experiment's own data. */
export type FileKind = 'image' | 'images' | 'audio' | 'shape' | 'data';

/** An experiment from a paper; `Own` is the names of the options that it declares for itself. */
export interface Experiment<Own extends string = string> {
  /** E.g. `siren-image`: its name on the command line, and the name of its folder. */
  readonly id: string;
  /** A few words. */
  readonly title: string;
  /** Paper, section, figure or table. */
  readonly source: string;
  /** What is done, and what it shows, in a sentence or two. */
  readonly summary: string;
  /** The data that is fitted. */
  readonly data: string;
  /** The names of the compared networks, for `--networks`; the first is the paper's own. */
  readonly networks: readonly string[];
  /** The kinds of user files that it accepts. */
  readonly takes: readonly FileKind[];
  /** The range of `--size`: less leaves nothing to fit or to solve, more would not finish on any machine. */
  readonly sizes: { readonly least: number; readonly most: number };
  readonly profiles: Readonly<Record<ProfileName, ProfileSettings>>;
  /** Its own options besides the common ones; none if absent. */
  readonly options?: Readonly<Record<Own, OwnOption>>;
  /** What it needs and this installation lacks, e.g. a package; `undefined` if nothing. `all` leaves it out then. */
  missing?(): string | undefined;
  /**
   * Loads or computes the data, and returns what is fitted. It must be cheap: it runs again when a stopped run is
   * resumed.
   */
  prepare(context: ExperimentContext<Own>): Promise<ExperimentPlan<TrainedModel>>;
}

/** What the framework passes to an experiment. */
export interface ExperimentContext<Own extends string = string> {
  readonly profile: ProfileName;
  readonly settings: ExperimentSettings<Own>;
  /** True when no setting was changed on the command line, so that the values measured for the profile apply. */
  readonly unchanged: boolean;
  /** Those of `Experiment.networks` that were requested, in that order. */
  readonly networks: readonly string[];
  /** The user's picture. */
  readonly imageFile?: string | undefined;
  /** The user's folder of pictures. */
  readonly imagesFolder?: string | undefined;
  /** The user's sound. */
  readonly audioFile?: string | undefined;
  /** The user's mesh. */
  readonly shapeFile?: string | undefined;
  /** The user's measurements. */
  readonly dataFile?: string | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Logs a line about the progress. */
  log(line: string): void;
}

/** Anything that a fit trains and that can be freed: a field, a prior, a meta-learner. */
export type TrainedModel = Model & {
  /** Frees its parameters. */
  dispose(): void;
};

/** The fits of an experiment, all of models of one type, and their evaluation. */
export interface ExperimentPlan<M extends TrainedModel = Field> {
  /** What was done to the data, in sentences. */
  readonly notes: readonly string[];
  /** Anything unusual about the user's file, in sentences. */
  readonly warnings?: readonly string[];
  /** In the order in which they run. */
  readonly fits: readonly FitPlan<M>[];
  /**
   * Evaluates the fitted models, keyed by the names of their fits. A model that diverged is included, with its last
   * good parameters. The framework disposes of the models.
   */
  evaluate(fits: Readonly<Record<string, FittedModel<M>>>): Promise<Findings>;
}

/** One fit. */
export interface FitPlan<M extends TrainedModel = Field> {
  /** Unique within the experiment; used in file names, so only letters, digits and hyphens. */
  readonly name: string;
  /** The network's display name. */
  readonly label: string;
  /** The network that is fitted, or that of the fields which `model` makes. */
  readonly spec: FieldSpec;
  readonly extensions?: Extensions;
  /**
   * Makes the model that is fitted, with its initial parameters; if absent, a field of `spec` from `seed`. It may be
   * called several times.
   */
  readonly model?: () => M;
  /** Its points and losses. Created anew for every run. */
  terms(model: M): readonly ObjectiveTerm[];
  /**
   * What identifies the fit beyond its spec and options, e.g. the hash of its data: runs that differ in it are
   * different runs.
   */
  readonly identity: Readonly<Record<string, string>>;
  readonly steps: number;
  readonly seed: number;
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule;
  readonly clipNorm?: number;
  /** Changes the parameters after every update; `identity` has to name it. */
  readonly project?: ParameterProjection;
  /** Steps between the points of the training curve; if absent, 1, or 10 on webgpu. */
  readonly reportEvery?: number;
  /** What is tracked besides the loss; the curve stores a number as `watched`, several as `watchedList`. */
  readonly watch?: ModelWatch<M>;
  /** What the field represents, so that `neural-fields render` can draw it. */
  readonly signal?: SignalDescription;
  /**
   * The name of an earlier fit from which this one differs in its seed, rate or data alone: its steps take as long, and
   * the plot of the losses shows only the earlier one.
   */
  readonly variantOf?: string;
  /**
   * Trains in a way of its own, e.g. one that removes units, in place of core's loop; `identity` has to describe it. It
   * reports every step of `steps`, returns the field, and cannot resume in the middle.
   */
  readonly train?: (training: Training) => AsyncGenerator<TrainingReport, M, undefined>;
}

/** What a training of a plan's own works with. */
export interface Training {
  /** Those of the plan. */
  readonly terms: readonly ObjectiveTerm[];
  /** The plan's options for core's loop, of which it may change the steps and the schedule. */
  readonly options: Omit<FitOptions, 'checkpoint' | 'signal'> & { readonly optimizer: Optimizer };
  readonly signal: AbortSignal;
}

/** A step of such a training. */
export interface TrainingReport {
  readonly step: number;
  readonly loss: number;
}

/** What is measured on a model while it is fitted, such as its error against a reference. */
export interface ModelWatch<M extends TrainedModel = Field> {
  /** Steps between measurements; the last step is always measured. A multiple of `reportEvery`. */
  readonly everySteps: number;
  /** A number, or several, always as many. */
  measure(model: M): Promise<number | readonly number[]>;
}

/** One point of the training curve. */
export interface CurvePoint extends SavedPoint {
  /** The loss before the step's update. */
  readonly loss: number;
  /** What the plan's `watch` measured, after the update; absent at steps where it did not. */
  readonly watched?: number;
  /** The same where it measures several numbers. */
  readonly watchedList?: readonly number[];
}

/** A finished fit. */
export interface FittedModel<M extends TrainedModel> {
  readonly name: string;
  readonly label: string;
  readonly model: M;
  /** The number of updates that led to the parameters. */
  readonly steps: number;
  readonly seconds: number;
  readonly curve: readonly CurvePoint[];
  /** How often the loss diverged and the fit resumed with half the learning rate. */
  readonly recoveries: number;
  /** Why it stopped before its last step; absent if it did not. */
  readonly diverged?: string | undefined;
  /** As in its plan. */
  readonly variantOf?: string | undefined;
}

/** The finished fit of a field. */
export type FittedField = FittedModel<Field>;
