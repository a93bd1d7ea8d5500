/** @file The lines of a curve's file: one JSON object for each step. */
import { readFileSync } from 'node:fs';
import { describeFileError } from '@neural-fields/core/node';

/** One step of a curve; its values are numbers, or records of numbers by name. */
export interface CurvePoint {
  readonly step: number;
  /** Seconds of fitting so far, over all runs. */
  readonly seconds: number;
}

/** The file of a curve, and what its points hold besides step and seconds. */
export interface CurveFile {
  readonly path: string;
  /** E.g. `loss`. A line that lacks one of them is not a point. */
  readonly numbers: readonly string[];
}

/** JSON has neither infinities nor NaN: they are written as text. */
const special: ReadonlyMap<unknown, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(value => [String(value), value]),
);

/** A point as a line of the file. */
export const lineOf = (point: CurvePoint): string =>
  `${JSON.stringify(point, (_, value: unknown) => (special.has(String(value)) ? String(value) : value))}\n`;

const isFigure = (part: unknown): boolean =>
  typeof part === 'number' ||
  (typeof part === 'object' && part !== null && Object.values(part).every(value => typeof value === 'number'));

const pointIn = <P extends CurvePoint>(line: string, numbers: readonly string[]): P | undefined => {
  try {
    const value: unknown = JSON.parse(line, (_, part: unknown) => special.get(part) ?? part);
    if (typeof value !== 'object' || value === null) return undefined;
    const parts = new Map<string, unknown>(Object.entries(value));
    const whole = ['step', 'seconds', ...numbers].every(name => parts.has(name));
    return whole && [...parts.values()].every(isFigure) ? (value as P) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Parses the points in some text, each step once and in order; lines that are not points, such as the incomplete one of
 * a killed run, are skipped.
 */
export const parseCurve = <P extends CurvePoint>(text: string, numbers: readonly string[]): P[] => {
  const points: P[] = [];
  for (const line of text.split('\n')) {
    const point = pointIn<P>(line, numbers);
    if (point && point.step > (points.at(-1)?.step ?? -1)) points.push(point);
  }
  return points;
};

/** The text of a curve's file; empty if there is no file. @throws FileError when it cannot be read */
export const readCurveText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const error = describeFileError('read', path, cause);
    if (error.problem === 'not-found') return '';
    throw error;
  }
};

/** The curve in a file. @throws FileError when it cannot be read */
export const readCurve = <P extends CurvePoint>({ path, numbers }: CurveFile): P[] =>
  parseCurve<P>(readCurveText(path), numbers);
