import { assertOptions } from '@neural-fields/core/options';
import { type ImplicitShape, implicitShape, type Vector } from './implicit-shape.ts';

/** The axis along which a point is farthest outside the cuboid, or least far inside, and that distance. */
const farthest = (q: Vector): number => (q[0] > q[1] ? (q[0] > q[2] ? 0 : 2) : q[1] > q[2] ? 1 : 2);

/**
 * The signed distance of a cuboid centred at 0. Samples are uniform on its surface. The gradient is discontinuous
 * inside where two faces are equally near.
 */
export const cuboid = (options: { readonly halfWidths: Vector }): ImplicitShape => {
  assertOptions('cuboid', options, { halfWidths: 1 });
  const { halfWidths } = options;

  const outside = (x: number, y: number, z: number): Vector => [
    Math.abs(x) - halfWidths[0],
    Math.abs(y) - halfWidths[1],
    Math.abs(z) - halfWidths[2],
  ];
  const areas = [halfWidths[1] * halfWidths[2], halfWidths[2] * halfWidths[0], halfWidths[0] * halfWidths[1]];
  const total = areas.reduce((sum, area) => sum + area, 0);
  return implicitShape(
    (x, y, z) => {
      const q = outside(x, y, z);
      return Math.hypot(Math.max(q[0], 0), Math.max(q[1], 0), Math.max(q[2], 0)) + Math.min(Math.max(...q), 0);
    },
    (x, y, z) => {
      const q = outside(x, y, z);
      const [a, b, c] = [Math.max(q[0], 0), Math.max(q[1], 0), Math.max(q[2], 0)];
      const length = Math.hypot(a, b, c);
      const axis = farthest(q);
      const direction: Vector =
        length > 0
          ? [a / length, b / length, c / length]
          : [Number(axis === 0), Number(axis === 1), Number(axis === 2)];
      return [
        direction[0] * (Math.sign(x) || 1),
        direction[1] * (Math.sign(y) || 1),
        direction[2] * (Math.sign(z) || 1),
      ];
    },
    rng => {
      const pick = rng.uniform() * total;
      const axis = pick < areas[0]! ? 0 : pick < areas[0]! + areas[1]! ? 1 : 2;
      const side = rng.uniform() < 0.5 ? -1 : 1;
      const at = (k: 0 | 1 | 2): number =>
        k === axis ? side * halfWidths[k] : (2 * rng.uniform() - 1) * halfWidths[k];
      return [at(0), at(1), at(2)];
    },
  );
};
