import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertPointCount } from './assert-point-count.ts';
import { assertBox, type Box } from './box.ts';
import { drawNumbers, nextUniform } from './draw-numbers.ts';

/** A face of a box: where the coordinate of an axis is at its lower or upper end. */
export interface Face {
  readonly axis: number;
  readonly end: 'low' | 'high';
}

/** The options of {@link boundary}. */
export interface BoundaryOptions {
  /** Points per step. */
  readonly count: number;
  /** The faces on which points are drawn; all if absent. */
  readonly faces?: readonly Face[];
}

const assertFaces = (faces: readonly Face[], axes: number): void => {
  const seen = new Set<string>();
  for (const { axis, end } of faces) {
    const face = JSON.stringify({ axis, end });
    if (!(Number.isInteger(axis) && axis >= 0 && axis < axes && (end === 'low' || end === 'high')))
      throw new RangeError(`boundary: a face must be { axis: 0 to ${axes - 1}, end: 'low' or 'high' }, got ${face}`);
    if (seen.has(face)) throw new RangeError(`boundary: the faces must be different, got ${face} twice`);
    seen.add(face);
  }
  if (faces.length === 0) throw new RangeError('boundary: at least one face is needed, got none');
};

/**
 * `count` points per step, uniform on the faces of a box, which are chosen in proportion to their area. (The two ends
 * of an interval are equally likely.) The target `normal`, `[n, d]`, points outwards.
 *
 * @throws RangeError when the box, the count or a face is wrong
 */
export const boundary = (box: Box, options: BoundaryOptions): PointSource => {
  assertOptions('boundary', options, { count: 1, faces: 1 });
  const { count, faces: chosen } = options;

  assertBox('boundary', box);
  assertPointCount('boundary', count);
  const faces =
    chosen ??
    box.flatMap((_, axis): Face[] => [
      { axis, end: 'low' },
      { axis, end: 'high' },
    ]);
  assertFaces(faces, box.length);
  const areaOf = ({ axis }: Face): number =>
    box.reduce((area, [low, high], other) => (other === axis ? area : area * (high - low)), 1);
  const total = faces.reduce((sum, face) => sum + areaOf(face), 0);
  let below = 0;
  const upTo = faces.map(face => {
    below += areaOf(face) / total;
    return below;
  });
  const width = box.length;
  return {
    inFeatures: width,
    pointsPerStep: count,
    fixed: false,
    draw(start, n, rng) {
      // Each point has one random number that chooses the face, followed by one per axis; the number for the face's own
      // axis is not used.
      const numbers = drawNumbers(rng, { start, count: n, width: width + 1 }, nextUniform);
      const coords = new Float32Array(n * width);
      const normal = new Float32Array(n * width);
      for (let point = 0; point < n; point++) {
        const from = point * (width + 1);
        const place = upTo.findIndex(limit => numbers[from]! < limit);
        // Rounding may leave the last limit below 1.
        const { axis: across, end } = faces[place < 0 ? faces.length - 1 : place]!;
        for (const [axis, [low, high]] of box.entries())
          coords[point * width + axis] =
            axis === across ? (end === 'low' ? low : high) : low + (high - low) * numbers[from + 1 + axis]!;
        normal[point * width + across] = end === 'low' ? -1 : 1;
      }
      return { coords, targets: { normal } };
    },
  };
};
