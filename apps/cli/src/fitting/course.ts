/** @file The course of a fit, kept in a file a line at a time, so that it is whole after a kill and a resume. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

/** One step of a course. */
export interface CoursePoint {
  readonly step: number;
  /** Seconds of fitting so far, over all runs. */
  readonly seconds: number;
}

/** The course of a fit. */
export interface Course<P extends CoursePoint> {
  readonly points: readonly P[];
  /** The seconds before this run. */
  readonly secondsBefore: number;
  add(point: P): void;
}

const isPoint = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'step' in value && typeof value.step === 'number';

/** The course in a file; lines that are no points, such as the half one of a killed run, are passed over. */
export const readCourse = <P extends CoursePoint>(path: string): P[] => {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        const value: unknown = JSON.parse(line);
        return isPoint(value) ? [value as P] : [];
      } catch {
        return [];
      }
    });
};

/** Opens the course of a run that goes on from `step`; what a killed run has written beyond it is forgotten. */
export const openCourse = <P extends CoursePoint>(path: string, step: number): Course<P> => {
  const points = readCourse<P>(path).filter(point => point.step <= step);
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
