/** @file A signal that is ready to be fitted. */

import type { FitSettings } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { DivergenceOptions, Field, FitProgress, StopRule, Term } from '@neural-fields/core';
import type { Mesh, PointCloud } from '@neural-fields/shapes';
import type { OmegaSuggestion, PointSet } from '@neural-fields/signals';
import type { Goal } from '../settings/goals.ts';
import type { DefaultsInput, SignalDefaults } from '../settings/presets.ts';

/** What is fitted, what it represents, and how to measure how well a field has learned it. */
export interface PreparedSignal {
  readonly description: SignalDescription;
  /** The number of values that the field must return. */
  readonly outFeatures: number;
  /** The hash of the signal's values: two files with the same hash contain the same signal. */
  readonly sha256: string;
  /**
   * Pictures only: the hash of the file's bytes. Decoders of JPEG, WebP and AVIF round differently, so one file may
   * have other values elsewhere.
   */
  readonly fileSha256?: string;
  /** What else must match for a run to resume, by name. */
  readonly identity?: Readonly<Record<string, string>>;
  /** What was done to the file's content, as sentences. */
  readonly notes: readonly string[];
  /** Oddities of the file, which its owner should know about. */
  readonly warnings?: readonly string[];
  /** What counts as a jump of the loss, if the fit may recover from one and the default does not suit the signal. */
  readonly jump?: DivergenceOptions;
  /** Pictures and sounds only: all points with their targets `value`. */
  readonly points?: PointSet;
  /** Shapes only: the shape in the field's coordinates. */
  readonly shape?: PointCloud | Mesh;
  /** Images and sounds only: a frequency factor from the signal's frequencies. */
  readonly suggestOmega?: () => OmegaSuggestion;
  /** The defaults of the settings' preset, for the network that they describe. */
  defaults(settings: DefaultsInput): SignalDefaults;
  /** The terms of the objective. @throws UsageError when the settings ask for points that do not exist */
  terms(settings: FitSettings): readonly Term[];
  /** The rule that ends a fit at a goal. @throws UsageError when the goal's unit does not apply to the signal */
  until(goal: Goal): StopRule;
  /** `65,536 points, all points a step`. */
  describePoints(settings: FitSettings): string;
  /** The figures that progress shows before the loss. */
  figures(progress: FitProgress): readonly string[];
  /** Compares a field with the signal. @throws the reason of `signal` when it is aborted */
  measure(field: Field, signal?: AbortSignal): Promise<Quality>;
}

/** How well a field has learned its signal. */
export interface Quality {
  /** Figures by name, for programs. */
  readonly figures: Readonly<Record<string, number>>;
  /** The figures as text, for people. */
  readonly text: string;
}

/** A goal is compared with a running mean, since the loss of random batches is noisy. */
export const UNTIL_DECAY = 0.9;
