/** @file Random points that stay the same in all steps, as L-BFGS needs them. */
import { createRng, type PointSource } from '@neural-fields/core';

/** A source that repeats the points of another's first step in every step. */
export const freezePoints = (points: PointSource, seed: number): PointSource => {
  const { inFeatures, pointsPerStep } = points;
  const { coords, targets = {} } = points.draw(0, pointsPerStep, createRng(seed), { step: 1, steps: 1 });
  const rows = (values: Float32Array, start: number, count: number): Float32Array => {
    const width = values.length / pointsPerStep;
    return values.subarray(start * width, (start + count) * width);
  };
  return {
    inFeatures,
    pointsPerStep,
    fixed: true,
    draw: (start, count) => ({
      coords: rows(coords, start, count),
      targets: Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, rows(values, start, count)])),
    }),
  };
};
