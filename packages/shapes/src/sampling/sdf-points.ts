import type { PointSource, Rng } from '@neural-fields/core';
import type { Mesh, PointCloud } from '../shape.ts';
import { assertBox, type Box, UNIT_BOX } from '../surfaces/grid.ts';
import { assertCount } from './assert-count.ts';
import { assertNear } from './assert-near.ts';
import { drawNumbers, nextNormal, nextUniform } from './draw-numbers.ts';
import { type PointRange, type SamplerOptions, surfaceSampler } from './surface-sampler.ts';

/** The points of each step of a fit to a surface. */
export interface SdfPointOptions extends SamplerOptions {
  /** Points on the surface. */
  readonly onSurface: number;
  /** Points anywhere in the box, uniform. Default: as many as on the surface, as the SIREN authors have. */
  readonly offSurface?: number;
  /** Points near the surface: points of it, moved by a normal distribution along each axis. Default: 0. */
  readonly nearSurface?: number;
  /** That distribution's standard deviation. Default: 0.05. */
  readonly nearDistance?: number;
  /** Default: [-1, 1]^3. */
  readonly box?: Box;
}

/** A part of a step's points, with a random stream of its own. */
interface Part {
  readonly name: string;
  readonly count: number;
  readonly draw: (range: PointRange) => {
    readonly positions: Float32Array;
    readonly normals?: Float32Array | undefined;
  };
}

const uniformPart = (box: Box, count: number): Part => ({
  name: 'off',
  count,
  draw: ({ start, count: n, rng }) => ({
    positions: Float32Array.from(drawNumbers(rng, { start, count: n, width: 3 }, nextUniform), (u, i) => {
      const [low, high] = box[i % 3]!;
      return low + (high - low) * u;
    }),
  }),
});

/** The points `start` ... `start + count - 1` of a step that consists of parts, with the part's part of them. */
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
 * surface and 0 elsewhere, and is absent with `normals: 'none'`. Points off the surface are wherever chance puts them;
 * that one is exactly on it has probability 0.
 *
 * Reference: Sitzmann et al. 2020, section 4.2; near points: Gropp et al. 2020, "Implicit geometric regularization for
 * learning shapes", section 3.
 *
 * @throws RangeError when a count, the distance or the box is wrong, or the shape has an offset
 * @throws ShapeError when the shape is unusable, or has no normals and they are not declined
 */
export const sdfPoints = (shape: PointCloud | Mesh, options: SdfPointOptions): PointSource => {
  const { onSurface, offSurface = onSurface, nearSurface = 0, nearDistance = 0.05, box = UNIT_BOX } = options;
  assertNear('sdfPoints', shape);
  assertCount('sdfPoints', 'onSurface', onSurface, 1);
  assertCount('sdfPoints', 'offSurface', offSurface, 0);
  assertCount('sdfPoints', 'nearSurface', nearSurface, 0);
  if (!(nearDistance > 0 && Number.isFinite(nearDistance)))
    throw new RangeError(`sdfPoints: nearDistance must be a positive number, got ${nearDistance}`);
  assertBox('sdfPoints', box);
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
