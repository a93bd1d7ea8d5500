/**
 * @file The findings of an experiment: tables, checks against expected values, pictures, plots. Plain data, from which
 * the terminal output, the JSON and the report are written.
 */
import type { Image } from '@neural-fields/signals';

/** A table of numbers. */
export interface Table {
  readonly title: string;
  /** The heading of the first column. */
  readonly corner: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  /** Digits after the point; 2 if absent. `exponent` writes 1.2e-3. */
  readonly digits?: number | 'exponent';
  /** What the numbers are. */
  readonly caption?: string;
}

/** A row with one cell per column; `undefined` where there is no value. */
export interface TableRow {
  readonly name: string;
  readonly cells: readonly (number | string | undefined)[];
}

/** An obtained value, with the expected one. */
export interface Check {
  /** E.g. `SIREN, PSNR of the gradient`. */
  readonly what: string;
  /** E.g. `dB`; empty for none. */
  readonly unit: string;
  readonly obtained: number;
  /** The value in the paper. It is only shown; `atLeast` and `atMost` decide whether the check is met. */
  readonly published?: number | undefined;
  /** The value from theory, or the one measured for this project with the same settings. */
  readonly measured?: number | undefined;
  /** The lower bound, inclusive. */
  readonly atLeast?: number | undefined;
  /** The upper bound, inclusive. */
  readonly atMost?: number | undefined;
  /** Where the bounds come from, or why there are none. */
  readonly because?: string;
}

/** The outcome of a check: `shown` when it has no bounds. */
export type Verdict = 'met' | 'missed' | 'shown';

/** Judges a check. NaN misses every bound. */
export const verdictOf = ({ obtained, atLeast, atMost }: Check): Verdict => {
  if (atLeast === undefined && atMost === undefined) return 'shown';
  return obtained >= (atLeast ?? Number.NEGATIVE_INFINITY) && obtained <= (atMost ?? Number.POSITIVE_INFINITY)
    ? 'met'
    : 'missed';
};

/** Bounds within a tolerance of a previously measured value. */
export const within = (measured: number, tolerance: number): Pick<Check, 'measured' | 'atLeast' | 'atMost'> => ({
  measured,
  atLeast: measured - tolerance,
  atMost: measured + tolerance,
});

/** A picture with its title and caption. */
export interface Picture {
  /** The name of its file, without the extension. */
  readonly name: string;
  readonly title: string;
  readonly caption?: string;
  /** `f32[height, width, 1 or 3]` in [0, 1]. */
  readonly image: Image;
}

/** Pictures that belong together. */
export interface PictureGroup {
  readonly title: string;
  readonly text?: string;
  readonly pictures: readonly Picture[];
  /** Small pictures are shown pixel by pixel. */
  readonly pixelated?: boolean;
}

/** A line plot. */
export interface LinePlot {
  /** The name of its file, without the extension. */
  readonly name: string;
  readonly title: string;
  readonly caption?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly PlotLine[];
}

/** An axis of a plot. */
export interface Axis {
  readonly label: string;
  readonly logarithmic?: boolean;
}

/** A line of a plot. */
export interface PlotLine {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** A file to write beside the results. */
export interface ExtraFile {
  readonly name: string;
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Everything that an experiment has found. */
export interface Findings {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
  readonly pictures: readonly PictureGroup[];
  readonly plots: readonly LinePlot[];
  /** How the values are defined, and what a reader should know about them. */
  readonly notes: readonly string[];
  readonly files?: readonly ExtraFile[];
  /** Values by network and name, for tables across several experiments. */
  readonly numbers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
