/** @file The course of a fit, kept in a file a line at a time, so that it is whole after a resume. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** One step of the course. */
export interface CurvePoint {
  readonly step: number;
  /** Seconds of fitting so far, over all runs. */
  readonly seconds: number;
  /** In decibels, over the points of the step, before its update. */
  readonly psnr: number;
}

/** The course of a fit. */
export interface Curve {
  readonly points: readonly CurvePoint[];
  /** The seconds before this run. */
  readonly secondsBefore: number;
  add(point: CurvePoint): void;
}

const readPoints = (path: string): CurvePoint[] => {
  const points: CurvePoint[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      points.push(JSON.parse(line) as CurvePoint);
    } catch {
      // A killed run may leave half a line.
    }
  }
  return points;
};

/** Opens the course of a run that goes on from `step`; what a killed run has written beyond it is forgotten. */
export const openCurve = (path: string, step: number): Curve => {
  const points = step > 0 && existsSync(path) ? readPoints(path).filter(point => point.step <= step) : [];
  writeFileSync(path, points.map(point => `${JSON.stringify(point)}\n`).join(''));
  return {
    points,
    secondsBefore: points.at(-1)?.seconds ?? 0,
    add: point => {
      points.push(point);
      appendFileSync(path, `${JSON.stringify(point)}\n`);
    },
  };
};
