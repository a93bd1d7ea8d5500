/**
 * @file What an experiment has found: tables, checks against what is expected, pictures, plots. Plain data, from which
 * the terminal, the JSON and the page are written.
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

/** A row: a number for each column; `undefined` where there is none. */
export interface TableRow {
  readonly name: string;
  readonly cells: readonly (number | string | undefined)[];
}

/** A number that was obtained, beside what is expected of it. */
export interface Check {
  /** E.g. `SIREN, PSNR of the gradient`. */
  readonly what: string;
  /** E.g. `dB`; empty for none. */
  readonly unit: string;
  readonly obtained: number;
  /** The number in the paper. It is shown, and judged only through `atLeast` and `atMost`. */
  readonly published?: number | undefined;
  /** The number that theory gives, or that was measured for this project with the same settings. */
  readonly measured?: number | undefined;
  /** The check holds from here. */
  readonly atLeast?: number | undefined;
  /** The check holds up to here. */
  readonly atMost?: number | undefined;
  /** What the bounds follow from, or why there are none. */
  readonly because?: string;
}

/** What has become of a check: `shown` for one without bounds. */
export type Verdict = 'met' | 'missed' | 'shown';

/** Judges a check. A number that is none misses every bound. */
export const verdictOf = ({ obtained, atLeast, atMost }: Check): Verdict => {
  if (atLeast === undefined && atMost === undefined) return 'shown';
  return obtained >= (atLeast ?? Number.NEGATIVE_INFINITY) && obtained <= (atMost ?? Number.POSITIVE_INFINITY)
    ? 'met'
    : 'missed';
};

/** The bounds of a number that should come within a tolerance of one that was measured before. */
export const within = (measured: number, tolerance: number): Pick<Check, 'measured' | 'atLeast' | 'atMost'> => ({
  measured,
  atLeast: measured - tolerance,
  atMost: measured + tolerance,
});

/** A picture with its words. */
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
  /** How the numbers are defined, and what should be known about them. */
  readonly notes: readonly string[];
  readonly files?: readonly ExtraFile[];
  /** Numbers by network and name, for tables over several experiments. */
  readonly numbers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
