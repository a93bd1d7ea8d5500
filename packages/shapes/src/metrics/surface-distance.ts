import { assertShape, type PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { createKdTree } from './kd-tree.ts';

/** The distances between a surface and a reference, both sampled by points. */
export interface SurfaceDistance {
  /** The mean distance from the surface's points to the nearest of the reference, in units of the coordinates. */
  readonly accuracy: number;
  /** The mean distance from the reference's points to the nearest of the surface. */
  readonly completeness: number;
  /**
   * (accuracy + completeness) / 2, in units of the coordinates: Mescheder et al. 2019, "Occupancy networks", section 4.
   */
  readonly chamferL1: number;
  /**
   * The sum of the mean squared distances in both directions, in squared units: Park et al. 2019, "DeepSDF", section 6.
   */
  readonly chamferL2: number;
  /** The maximum of all these distances: the Hausdorff distance of the points. */
  readonly hausdorff: number;
  /**
   * The mean |cosine| of the angle between a point's normal and that of its nearest point, averaged over both
   * directions; 1 is best: Mescheder et al. 2019. Absent if one side has no normals.
   */
  readonly normalConsistency?: number;
}

interface OneWay {
  readonly mean: number;
  readonly meanSquare: number;
  readonly largest: number;
  readonly cosine: number;
}

const oneWay = (from: PointCloud, to: PointCloud): OneWay => {
  const tree = createKdTree(to.positions);
  const [fromOffset, toOffset] = [from.offset ?? [0, 0, 0], to.offset ?? [0, 0, 0]];
  const [x, y, z] = [fromOffset[0] - toOffset[0], fromOffset[1] - toOffset[1], fromOffset[2] - toOffset[2]];
  const count = from.positions.length / 3;
  let [sum, squares, largest, cosines] = [0, 0, 0, 0];
  for (let i = 0; i < 3 * count; i += 3) {
    const { index, squaredDistance } = tree.nearest(
      from.positions[i]! + x,
      from.positions[i + 1]! + y,
      from.positions[i + 2]! + z,
    );
    const distance = Math.sqrt(squaredDistance);
    sum += distance;
    squares += squaredDistance;
    largest = Math.max(largest, distance);
    if (!from.normals || !to.normals) continue;
    let [dot, own, other] = [0, 0, 0];
    for (let k = 0; k < 3; k++) {
      const [a, b] = [from.normals[i + k]!, to.normals[3 * index + k]!];
      dot += a * b;
      own += a * a;
      other += b * b;
    }
    if (!(own > 0 && other > 0)) throw new ShapeError('no-normals', 'surfaceDistance', 'a normal has length 0');
    cosines += Math.abs(dot) / Math.sqrt(own * other);
  }
  return { mean: sum / count, meanSquare: squares / count, largest, cosine: cosines / count };
};

/**
 * Computes distances between two surfaces, each given by points, e.g. from `sampleMesh`: the Chamfer distance, its two
 * halves, the Hausdorff distance, and the consistency of normals. They are upper bounds on the distances of the
 * surfaces, and converge to them as the points become dense: even two samples of the same surface have a distance of
 * the order of their spacing.
 *
 * @throws RangeError, ShapeError when the arrays are not valid shapes, or a normal has length 0
 */
export const surfaceDistance = (surface: PointCloud, reference: PointCloud): SurfaceDistance => {
  assertShape('surfaceDistance', surface);
  assertShape('surfaceDistance', reference);
  const [there, back] = [oneWay(surface, reference), oneWay(reference, surface)];
  return {
    accuracy: there.mean,
    completeness: back.mean,
    chamferL1: (there.mean + back.mean) / 2,
    chamferL2: there.meanSquare + back.meanSquare,
    hausdorff: Math.max(there.largest, back.largest),
    ...(surface.normals && reference.normals && { normalConsistency: (there.cosine + back.cosine) / 2 }),
  };
};
