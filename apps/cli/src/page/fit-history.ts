/** @file What is kept of a fit while it runs. */
import type { CurvePoint } from '@neural-fields/app-kit/fitting';

/** A report of a fit, as a line of its log has it. */
export interface ReportPoint extends CurvePoint {
  /** The sum of weight times term loss, before the step's update. */
  readonly loss: number;
  readonly learningRate: number;
  /** The mean loss of every term, without its weight. */
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

/** What was kept of a fit. */
export interface FitHistory {
  readonly history: readonly ReportPoint[];
  readonly snapshots: readonly Snapshot[];
  /** Seconds of fitting, over all runs; `undefined` where they are not known. */
  readonly seconds: number | undefined;
}

/** What a line of a log has beside the step and the seconds. */
export const HISTORY_VALUES: readonly (keyof ReportPoint)[] = ['loss', 'learningRate', 'terms', 'metrics'];
