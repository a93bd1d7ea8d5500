import type { PointSource } from '@neural-fields/core';

/** Computes targets from coordinates, row-major `[n, d]`: each `[n, k]`, flat. */
export type TargetsOf = (coords: Float32Array) => Readonly<Record<string, Float32Array>>;

/**
 * Adds targets that are functions of the coordinates to the points of a source: sources, media, boundary values.
 *
 *     withTargets(uniform(box, { count: 1000 }), coords => ({ source: gaussianSource(coords, { centres: [[0, 0]], variance: 1e-4 }) }))
 */
export const withTargets = (points: PointSource, targetsOf: TargetsOf): PointSource => ({
  inFeatures: points.inFeatures,
  pointsPerStep: points.pointsPerStep,
  fixed: points.fixed,
  draw(start, count, rng, at) {
    const { coords, targets } = points.draw(start, count, rng, at);
    return { coords, targets: { ...targets, ...targetsOf(coords) } };
  },
});
