/** @file The objective with which a field learns the signed distance of a shape. */
import { createRng, type Term, term } from '@neural-fields/core';
import { eikonal, eikonalSdf, signAgnosticDistance, withTargets } from '@neural-fields/losses';
import { createKdTree, isMesh, type Mesh, type PointCloud, sampleMesh, sdfPoints } from '@neural-fields/shapes';
import { uniform } from '@neural-fields/signals';

/** The parts of the objective. */
export interface ShapeTermOptions {
  /**
   * The number of points per step: on the surface, anywhere in the box, and near the surface, where only the gradient's
   * length matters.
   */
  readonly counts: { readonly on: number; readonly off: number; readonly near: number };
  /** The weights of the SIREN paper's four terms: on the surface, off it, normals, gradient length. */
  readonly weights: readonly [surface: number, off: number, normal: number, eikonal: number];
  /** The weight of ||Phi| - h|, where h is the distance to the nearest point; 0 for none, as in the paper. */
  readonly distanceWeight: number;
  /** Which normals of a mesh are used. */
  readonly normals: 'face' | 'vertex';
}

/** The standard deviation of the distance of points near the surface, in the field's units. */
const NEAR_DISTANCE = 0.05;
/** The maximum number of points to search for the nearest one: the search would otherwise take most of the time. */
const DISTANCE_POINTS = 20_000;
/** The distance term uses one of this many points of the box. */
const OFF_PER_DISTANCE = 4;
const BOX = [
  [-1, 1],
  [-1, 1],
  [-1, 1],
] as const;

/** An even choice of a shape's points. */
const somePoints = (shape: PointCloud | Mesh): Float32Array => {
  if (isMesh(shape)) return sampleMesh(shape, { count: DISTANCE_POINTS, rng: createRng(2), normals: 'none' }).positions;
  const { positions } = shape;
  const total = positions.length / 3;
  if (total <= DISTANCE_POINTS) return positions;
  return Float32Array.from(
    { length: 3 * DISTANCE_POINTS },
    (_, i) => positions[3 * Math.floor((Math.floor(i / 3) * total) / DISTANCE_POINTS) + (i % 3)] as number,
  );
};

/** A function that computes the distance of points `[n, 3]` to the nearest of the given ones. */
const distancesTo = (positions: Float32Array): ((coords: Float32Array) => Float32Array) => {
  const tree = createKdTree(positions);
  return coords =>
    Float32Array.from({ length: coords.length / 3 }, (_, i) => {
      const [x, y, z] = [0, 1, 2].map(k => coords[3 * i + k]) as [number, number, number];
      return Math.sqrt(tree.nearest(x, y, z).squaredDistance);
    });
};

/**
 * The terms of a fit to a shape in the box [-1, 1]^3: the loss of the SIREN paper; if points near the surface are
 * requested, the length of the gradient there; and, if it has a weight, ||Phi| - h| at points of the box, where h is
 * the distance to the nearest point of the shape.
 */
export const shapeTerms = (shape: PointCloud | Mesh, options: ShapeTermOptions): readonly Term[] => {
  const { counts, weights, distanceWeight, normals } = options;
  const [surfaceWeight, offSurfaceWeight, normalWeight, eikonalWeight] = weights;
  const terms: Term[] = [];
  const loss = eikonalSdf({ surfaceWeight, offSurfaceWeight, normalWeight, eikonalWeight });
  const points = sdfPoints(shape, { onSurface: counts.on, offSurface: counts.off, normals });
  terms.push(term({ points, loss }));
  if (counts.near > 0) {
    const length = eikonal();
    const near = sdfPoints(shape, {
      onSurface: 1,
      offSurface: 0,
      nearSurface: counts.near,
      nearDistance: NEAR_DISTANCE,
      normals: 'none',
    });
    terms.push(term({ name: 'near', points: near, loss: length, weight: eikonalWeight }));
  }
  if (distanceWeight > 0) {
    const distances = distancesTo(somePoints(shape));
    const anywhere = uniform(BOX, { count: Math.max(1, Math.round(counts.off / OFF_PER_DISTANCE)) });
    terms.push(
      term({
        name: 'distance',
        points: withTargets(anywhere, coords => ({ distance: distances(coords) })),
        loss: signAgnosticDistance(),
        weight: distanceWeight,
      }),
    );
  }
  return terms;
};
