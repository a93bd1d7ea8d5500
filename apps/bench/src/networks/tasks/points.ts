/** @file The same points in every step, from arrays. */
import type { PointSource } from '@neural-fields/core';

/** What is known at the points. */
export interface FixedPoints {
  readonly inFeatures: number;
  /** `f32[n, inFeatures]` */
  readonly coords: Float32Array;
  /** By name, each `f32[n, k]`. */
  readonly targets: Readonly<Record<string, Float32Array>>;
}

/** All points in every step; the coordinates are multiplied by `scale`. */
export const fixedPoints = ({ inFeatures, coords, targets }: FixedPoints, scale = 1): PointSource => {
  const count = coords.length / inFeatures;
  const scaled = scale === 1 ? coords : coords.map(x => x * scale);
  const rows = (values: Float32Array, start: number, length: number): Float32Array => {
    const width = values.length / count;
    return values.slice(width * start, width * (start + length));
  };
  return {
    inFeatures,
    pointsPerStep: count,
    fixed: true,
    draw: (start, length) => ({
      coords: rows(scaled, start, length),
      targets: Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, rows(values, start, length)])),
    }),
  };
};
