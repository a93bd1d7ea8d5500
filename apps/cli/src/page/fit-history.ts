/** @file What is recorded of a fit while it runs. */
import type { CurvePoint } from '@neural-fields/app-kit/fitting';

/** A report of a fit, as a line of its log. */
export interface ReportPoint extends CurvePoint {
  /** The weighted sum of the terms' losses, before the step's update. */
  readonly loss: number;
  readonly learningRate: number;
  /** The mean loss of each term, without its weight. */
  readonly terms: Readonly<Record<string, number>>;
  /** E.g. `psnr`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A picture of the field after a step. */
export interface Snapshot {
  readonly step: number;
  /** The bytes of a WebP file. */
  readonly webp: Uint8Array;
}

/** What was recorded of a fit. */
export interface FitHistory {
  readonly history: readonly ReportPoint[];
  readonly snapshots: readonly Snapshot[];
  /** Seconds of fitting, over all runs; `undefined` if unknown. */
  readonly seconds: number | undefined;
}

/** What a line of a log holds besides the step and the seconds. */
export const HISTORY_VALUES: readonly (keyof ReportPoint)[] = ['loss', 'learningRate', 'terms', 'metrics'];
