/** @file The objective by which a signed distance is learned from a shape. */
import { createRng, type Term, term } from '@neural-fields/core';
import { eikonal, eikonalSdf, withTargets } from '@neural-fields/losses';
import { createKdTree, isMesh, type Mesh, type PointCloud, sampleMesh, sdfPoints } from '@neural-fields/shapes';

/** What the objective consists of. */
export interface ShapeTermOptions {
  /** Points of a step: on the surface, anywhere in the box, and near the surface, where only the gradient's length counts. */
  readonly counts: { readonly on: number; readonly off: number; readonly near: number };
  /** The weights of the SIREN paper's four parts: at the surface, off it, of the normals, of the gradient's length. */
  readonly weights: readonly [surface: number, off: number, normal: number, eikonal: number];
  /** The weight of the distance to the nearest point, off the surface; 0 for none, as in the paper. */
  readonly distanceWeight: number;
  /** The normals of a mesh. */
  readonly normals: 'face' | 'vertex';
}

/** The standard deviation of the distance of points near the surface, in the field's units. */
const NEAR_DISTANCE = 0.05;
/** Points that distances are measured to, at most. */
const DISTANCE_POINTS = 60_000;

/** Points of a shape, evenly chosen. */
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

/** The distance of points `[n, 3]` to the nearest of some others. */
const distancesTo = (positions: Float32Array): ((coords: Float32Array) => Float32Array) => {
  const tree = createKdTree(positions);
  return coords =>
    Float32Array.from({ length: coords.length / 3 }, (_, i) => {
      const [x, y, z] = [0, 1, 2].map(k => coords[3 * i + k]) as [number, number, number];
      return Math.sqrt(tree.nearest(x, y, z).squaredDistance);
    });
};

/** The terms of a fit to a shape that lies in the box [-1, 1]^3. */
export const shapeTerms = (shape: PointCloud | Mesh, options: ShapeTermOptions): readonly Term[] => {
  const { counts, weights, distanceWeight, normals } = options;
  const [surfaceWeight, offSurfaceWeight, normalWeight, eikonalWeight] = weights;
  const drawn = sdfPoints(shape, { onSurface: counts.on, offSurface: counts.off, normals });
  const distances = distanceWeight > 0 ? distancesTo(somePoints(shape)) : undefined;
  const loss = eikonalSdf({
    surfaceWeight,
    offSurfaceWeight,
    normalWeight,
    eikonalWeight,
    ...(distances && { distance: 'distance', distanceWeight }),
  });
  const all = term({
    points: distances ? withTargets(drawn, coords => ({ distance: distances(coords) })) : drawn,
    derivatives: loss.derivatives,
    loss,
  });
  if (counts.near === 0) return [all];
  const length = eikonal();
  const near = sdfPoints(shape, {
    onSurface: 1,
    offSurface: 0,
    nearSurface: counts.near,
    nearDistance: NEAR_DISTANCE,
    normals: 'none',
  });
  return [all, term({ name: 'near', points: near, derivatives: length.derivatives, loss: length, weight: eikonalWeight })];
};
