/** @file A drawing of thin lines, computed: edges at every angle, nothing between them. */
import { denseArray } from '@neural-fields/signals';
import { createQualitySignal, PICTURE_OMEGA, type QualitySignal } from '../../quality/quality-signal.ts';
import { signalTask } from './signal-task.ts';
import type { ComparisonTask } from './task.ts';

/** Half of the lines' width, in coordinates. */
const HALF_WIDTH = 0.02;
/** Samples along each side of a pixel, whose mean is the pixel. */
const SUPERSAMPLING = 4;
const CIRCLES: readonly (readonly [y: number, x: number, radius: number])[] = [
  [0, 0, 0.8],
  [0, 0, 0.45],
  [-0.35, 0.3, 0.25],
  [0.4, -0.25, 0.12],
];
const SPOKES = 12;
/** Radii between which the spokes are drawn. */
const SPOKE = { from: 0.45, to: 0.8 } as const;

/** The distance of a point from the nearest line. */
const distanceToLines = (y: number, x: number): number => {
  const circles = CIRCLES.map(([cy, cx, radius]) => Math.abs(Math.hypot(y - cy, x - cx) - radius));
  const spokes = Array.from({ length: SPOKES }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.3)) / SPOKES;
    const [dy, dx] = [Math.sin(angle), Math.cos(angle)];
    const along = Math.min(SPOKE.to, Math.max(SPOKE.from, y * dy + x * dx));
    return Math.hypot(y - along * dy, x - along * dx);
  });
  return Math.min(...circles, ...spokes);
};

/** Dark lines on a light ground, at `2 size` pixels a side, each the mean over its area. */
const drawLines = (size: number): QualitySignal => {
  const side = 2 * size;
  const fine = side * SUPERSAMPLING;
  const at = (i: number): number => (2 * i + 1) / fine - 1;
  const values = new Float32Array(side * side);
  for (let y = 0; y < fine; y++)
    for (let x = 0; x < fine; x++) {
      const pixel = Math.floor(y / SUPERSAMPLING) * side + Math.floor(x / SUPERSAMPLING);
      const value = distanceToLines(at(y), at(x)) < HALF_WIDTH ? -0.9 : 0.9;
      values[pixel] = (values[pixel] as number) + value / SUPERSAMPLING ** 2;
    }
  return createQualitySignal(denseArray(values, [side, side, 1]), { omega0: PICTURE_OMEGA, filter: 'area' });
};

/** Thin lines. */
export const lineDrawingTask: ComparisonTask = signalTask({
  name: 'line-drawing',
  title: 'Line drawing',
  summary: 'All pixels of a computed drawing of dark circles and spokes on a light ground, anti-aliased.',
  size: 64,
  create: async size => drawLines(size),
});
