/** @file A signal that is ready to be fitted. */

import type { FitSettings } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Field, FitOptions, FitProgress, StopRule, Term } from '@neural-fields/core';
import type { Mesh, PointCloud } from '@neural-fields/shapes';
import type { PointSet } from '@neural-fields/signals';
import type { Goal } from '../settings/goals.ts';
import type { PresetName, SignalDefaults } from '../settings/presets.ts';

/** What is to be fitted, what it represents, and how well a field has learned it. */
export interface PreparedSignal {
  readonly description: SignalDescription;
  /** The number of values that the field must return. */
  readonly outFeatures: number;
  /** The hash of its values: two files with the same hash hold the same signal. */
  readonly sha256: string;
  /** What else must be equal for a run to resume, by name. */
  readonly identity?: Readonly<Record<string, string>>;
  /** What was done to the file's content, in sentences. */
  readonly notes: readonly string[];
  /** What was odd about the file, which its owner should know. */
  readonly warnings?: readonly string[];
  /** Options of core's loop that suit the signal. */
  readonly fitOptions?: Pick<FitOptions, 'divergence'>;
  /** How often a fit whose loss jumps may resume from its last good step, each time with half the learning rate. */
  readonly recoveries: number;
  /** All points with their targets `value`, of signals of samples. */
  readonly points?: PointSet;
  /** In the field's coordinates, of shapes. */
  readonly shape?: PointCloud | Mesh;
  /** The settings of a preset. */
  defaults(preset: PresetName): SignalDefaults;
  /** The objective. @throws UsageError when the settings ask for points that there are not */
  terms(settings: FitSettings): readonly Term[];
  /** Ends a fit when it is as good as asked for. @throws UsageError when this kind of signal has another unit */
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
  /** Numbers by name, for programs. */
  readonly figures: Readonly<Record<string, number>>;
  /** The same for people. */
  readonly text: string;
}
