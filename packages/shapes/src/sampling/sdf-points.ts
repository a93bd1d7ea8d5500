import type { PointSource, Rng } from '@neural-fields/core';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import type { Mesh, PointCloud } from '../shape.ts';
import { assertBounds, type Bounds, UNIT_BOUNDS } from '../surfaces/grid.ts';
import { assertNoOffset } from './assert-no-offset.ts';
import { drawNumbers, nextNormal, nextUniform } from './draw-numbers.ts';
import { type PointRange, type SamplerOptions, surfaceSampler } from './surface-sampler.ts';

/** The options of {@link sdfPoints}, per step. */
export interface SdfPointOptions extends SamplerOptions {
  /** The number of points on the surface. */
  readonly onSurface: number;
  /** The number of points uniform in the box. Default: as many as on the surface, as in the SIREN authors' code. */
  readonly offSurface?: number;
  /** The number of points near the surface: surface points with normal noise added to each coordinate. Default: 0. */
  readonly nearSurface?: number;
  /** The standard deviation of that noise. Default: 0.05. */
  readonly nearDistance?: number;
  /** Default: [-1, 1]^3. */
  readonly box?: Bounds;
}

/** A part of a step's points, with its own random stream. */
interface Part {
  readonly name: string;
  readonly count: number;
  readonly draw: (range: PointRange) => {
    readonly positions: Float32Array;
    readonly normals?: Float32Array | undefined;
  };
}

const uniformPart = (box: Bounds, count: number): Part => ({
  name: 'off',
  count,
  draw: ({ start, count: n, rng }) => ({
    positions: Float32Array.from(drawNumbers(rng, { start, count: n, width: 3 }, nextUniform), (u, i) => {
      const [low, high] = box[i % 3]!;
      return low + (high - low) * u;
    }),
  }),
});

/** The subranges of the parts of a step that make up its points `start` ... `start + count - 1`. */
const pieces = (
  parts: readonly Part[],
  start: number,
  count: number,
): { part: Part; at: number; from: number; length: number }[] => {
  let begin = 0;
  return parts.flatMap(part => {
    const from = Math.max(0, start - begin);
    const length = Math.min(begin + part.count, start + count) - begin - from;
    const piece = { part, at: begin + from - start, from, length };
    begin += part.count;
    return length > 0 ? [piece] : [];
  });
};

/**
 * Points for fitting a signed distance to a surface, new in each step: first those on the surface, then those anywhere
 * in the box, then those near the surface.
 *
 * Targets: `surface` f32[n, 1] is 1 on the surface and 0 elsewhere; `normal` f32[n, 3] is the outward normal on the
 * surface and 0 elsewhere, and is absent with `normals: 'none'`. Points off the surface are random; the probability
 * that one is exactly on it is 0.
 *
 * Reference: Sitzmann et al. 2020, section 4.2; near points: Gropp et al. 2020, "Implicit geometric regularization for
 * learning shapes", section 3.
 *
 * @throws RangeError when a count, the distance or the box is invalid, or the shape has an offset
 * @throws ShapeError when the shape is unusable, or lacks normals and `normals` is not `none`
 */
export const sdfPoints = (shape: PointCloud | Mesh, options: SdfPointOptions): PointSource => {
  assertOptions('sdfPoints', options, {
    onSurface: 1,
    offSurface: 1,
    nearSurface: 1,
    nearDistance: 1,
    box: 1,
    normals: 1,
  });

  const { onSurface, offSurface = onSurface, nearSurface = 0, nearDistance = 0.05, box = UNIT_BOUNDS } = options;
  assertNoOffset('sdfPoints', shape);
  assertCount('sdfPoints: onSurface', onSurface);
  assertCount('sdfPoints: offSurface', offSurface, 0);
  assertCount('sdfPoints: nearSurface', nearSurface, 0);
  assertPositive('sdfPoints: nearDistance', nearDistance);
  assertBounds('sdfPoints', box);
  const onShape = surfaceSampler('sdfPoints', shape, options);
  const start = surfaceSampler('sdfPoints', shape, { normals: 'none' });
  const near = (range: PointRange): Float32Array => {
    const shifts = drawNumbers(range.rng.fork('shift'), { ...range, width: 3 }, nextNormal);
    return start(range).positions.map((value, i) => value + nearDistance * shifts[i]!);
  };
  const parts: readonly Part[] = [
    { name: 'on', count: onSurface, draw: onShape },
    uniformPart(box, offSurface),
    { name: 'near', count: nearSurface, draw: range => ({ positions: near(range) }) },
  ];
  const withNormals = options.normals !== 'none';
  return {
    inFeatures: 3,
    pointsPerStep: onSurface + offSurface + nearSurface,
    fixed: false,
    draw: (first, count, rng: Rng) => {
      const coords = new Float32Array(3 * count);
      const surface = new Float32Array(count);
      const normal = new Float32Array(withNormals ? 3 * count : 0);
      for (const { part, at, from, length } of pieces(parts, first, count)) {
        const { positions, normals } = part.draw({ start: from, count: length, rng: rng.fork(part.name) });
        coords.set(positions, 3 * at);
        if (part.name === 'on') surface.fill(1, at, at + length);
        if (normals) normal.set(normals, 3 * at);
      }
      return { coords, targets: withNormals ? { surface, normal } : { surface } };
    },
  };
};
