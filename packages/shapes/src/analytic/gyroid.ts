import { assertOptions } from '@neural-fields/core/options';
import { type ImplicitShape, implicitShape, type Vector } from './implicit-shape.ts';

/**
 * Schoen's gyroid, sin X cos Y + sin Y cos Z + sin Z cos X with X = 2 pi x / period: an infinite, connected surface
 * with many handles. It is not a distance: its gradient has length at most 2 pi sqrt(3) / period. Samples lie in [-1,
 * 1]^3; they are random points of the box, moved to the surface by Newton's method, and only roughly uniform on it.
 */
export const gyroid = (options: { readonly period: number }): ImplicitShape => {
  assertOptions('gyroid', options, { period: 1 });
  const { period } = options;

  const k = (2 * Math.PI) / period;
  const { sin, cos } = Math;
  const valueAt = (x: number, y: number, z: number): number =>
    sin(k * x) * cos(k * y) + sin(k * y) * cos(k * z) + sin(k * z) * cos(k * x);
  const gradientAt = (x: number, y: number, z: number): Vector => [
    k * (cos(k * x) * cos(k * y) - sin(k * z) * sin(k * x)),
    k * (cos(k * y) * cos(k * z) - sin(k * x) * sin(k * y)),
    k * (cos(k * z) * cos(k * x) - sin(k * y) * sin(k * z)),
  ];
  return implicitShape(valueAt, gradientAt, rng => {
    for (;;) {
      let point: Vector = [2 * rng.uniform() - 1, 2 * rng.uniform() - 1, 2 * rng.uniform() - 1];
      for (let i = 0; i < 20; i++) {
        const slope = gradientAt(...point);
        const step = valueAt(...point) / (slope[0] ** 2 + slope[1] ** 2 + slope[2] ** 2);
        point = [point[0] - step * slope[0], point[1] - step * slope[1], point[2] - step * slope[2]];
      }
      // Newton's method fails where the gradient vanishes.
      if (Math.abs(valueAt(...point)) < 1e-9 && point.every(value => Math.abs(value) <= 1)) return point;
    }
  });
};
