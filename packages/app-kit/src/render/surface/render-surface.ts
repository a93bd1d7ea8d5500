/** @file A picture of a field's zero level, shaded by the field's own gradient. */
import type { ScalarFunction } from '@neural-fields/shapes';
import { type Camera, type PictureSize, raysThrough } from './camera.ts';
import { type SurfaceSamples, shadeSamples } from './shade.ts';
import { type TraceOptions, traceRays } from './trace-rays.ts';

/** The options of {@link renderSurface}. */
export interface RenderSurfaceOptions extends PictureSize {
  readonly trace?: TraceOptions;
  /** Rays traced at once; 16,384 if absent. */
  readonly raysPerPass?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the fraction of the work done, from 0 to 1. */
  readonly report?: (share: number) => void;
}

/** How far above the surface the openness to the sky is measured, in units of the box's half width. */
const OPENNESS_REACH = 0.06;
/**
 * A pixel is supersampled if it and a neighbour see surfaces whose depths differ by more than this, or whose normals
 * have a smaller cosine than this.
 */
const EDGE_DEPTH = 0.03;
const EDGE_COSINE = 0.8;
/** The positions of the additional rays in a pixel: a rotated square. */
const FINER: readonly (readonly [number, number])[] = [
  [0.375, 0.125],
  [0.875, 0.375],
  [0.125, 0.625],
  [0.625, 0.875],
];

/** Traces the rays through some positions in the picture. */
const look = async (
  shape: Required<ScalarFunction>,
  camera: Camera,
  places: Float64Array,
  options: RenderSurfaceOptions,
): Promise<Required<SurfaceSamples>> => {
  const rays = raysThrough(camera, places, options);
  const depths = await traceRays(shape, rays, options.trace);
  const normals = new Float32Array(3 * depths.length);
  const openness = new Float32Array(depths.length).fill(1);
  const seen = [...depths.keys()].filter(i => !Number.isNaN(depths[i]));
  if (seen.length === 0) return { depths, normals, openness };
  const coords = new Float32Array(3 * seen.length);
  for (const [j, i] of seen.entries())
    for (let k = 0; k < 3; k++)
      coords[3 * j + k] = (rays.origin[k] as number) + (depths[i] as number) * (rays.directions[3 * i + k] as number);
  const gradients = await shape.gradient(coords);
  const above = new Float32Array(coords.length);
  const reach = OPENNESS_REACH * (options.trace?.halfWidth ?? 1);
  for (const [j, i] of seen.entries()) {
    const length = Math.hypot(...gradients.subarray(3 * j, 3 * j + 3)) || 1;
    for (let k = 0; k < 3; k++) {
      normals[3 * i + k] = (gradients[3 * j + k] as number) / length;
      above[3 * j + k] = (coords[3 * j + k] as number) + reach * (normals[3 * i + k] as number);
    }
  }
  const heights = await shape.evaluate(above);
  for (const [j, i] of seen.entries()) openness[i] = Math.min(1, Math.max(0, (heights[j] as number) / reach));
  return { depths, normals, openness };
};

/** The pixels at which the surface begins, ends or bends sharply. */
const findEdges = ({ depths, normals }: SurfaceSamples, { width, height }: PictureSize): number[] => {
  const differs = (i: number, j: number): boolean => {
    const [a, b] = [depths[i] as number, depths[j] as number];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) !== Number.isNaN(b);
    if (Math.abs(a - b) > EDGE_DEPTH) return true;
    return (
      [0, 1, 2].reduce((sum, k) => sum + (normals[3 * i + k] as number) * (normals[3 * j + k] as number), 0) <
      EDGE_COSINE
    );
  };
  const marked = new Uint8Array(width * height);
  const compare = (i: number, j: number): void => {
    if (differs(i, j)) marked[i] = marked[j] = 1;
  };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width) compare(i, i + 1);
      if (y + 1 < height) compare(i, i + width);
    }
  return [...marked.keys()].filter(i => marked[i] === 1);
};

/**
 * Draws the zero level of a signed distance field: `f32[height, width, 3]` in [0, 1], row-major.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const renderSurface = async (
  shape: Required<ScalarFunction>,
  camera: Camera,
  options: RenderSurfaceOptions,
): Promise<Float32Array> => {
  const { width, height, raysPerPass = 16_384, signal, report } = options;
  const pixels = width * height;
  const all = {
    depths: new Float32Array(pixels),
    normals: new Float32Array(3 * pixels),
    openness: new Float32Array(pixels),
  };
  const breathe = async (share: number): Promise<void> => {
    report?.(share);
    await new Promise(resolve => setImmediate(resolve));
    signal?.throwIfAborted();
  };
  for (let start = 0; start < pixels; start += raysPerPass) {
    await breathe((0.7 * start) / pixels);
    const count = Math.min(raysPerPass, pixels - start);
    const places = Float64Array.from({ length: 2 * count }, (_, n) => {
      const pixel = start + (n >> 1);
      return 0.5 + (n % 2 === 0 ? pixel % width : Math.floor(pixel / width));
    });
    const { depths, normals, openness } = await look(shape, camera, places, options);
    all.depths.set(depths, start);
    all.normals.set(normals, 3 * start);
    all.openness.set(openness, start);
  }
  const picture = shadeSamples(camera, all);
  const edges = findEdges(all, options);
  const perPass = Math.max(1, Math.floor(raysPerPass / FINER.length));
  for (let start = 0; start < edges.length; start += perPass) {
    await breathe(0.7 + (0.3 * start) / edges.length);
    const some = edges.slice(start, start + perPass);
    const places = Float64Array.from(
      some.flatMap(pixel => FINER.flatMap(([x, y]) => [(pixel % width) + x, Math.floor(pixel / width) + y])),
    );
    const colours = shadeSamples(camera, await look(shape, camera, places, options));
    for (const [i, pixel] of some.entries())
      for (let k = 0; k < 3; k++)
        picture[3 * pixel + k] =
          FINER.reduce((sum, _, j) => sum + (colours[3 * (FINER.length * i + j) + k] as number), 0) / FINER.length;
  }
  report?.(1);
  return picture;
};
