import { assertOptions } from '@neural-fields/core/options';
import { type ImplicitShape, implicitShape } from './implicit-shape.ts';

/** The radii of a torus around the z axis. */
export interface TorusOptions {
  /** The distance from the axis to the centre of the tube. */
  readonly major: number;
  /** The radius of the tube. */
  readonly minor: number;
}

/** The signed distance hypot(hypot(x, y) - major, z) - minor of a torus. Samples are uniform on its surface. */
export const torus = (options: TorusOptions): ImplicitShape => {
  assertOptions('torus', options, { major: 1, minor: 1 });
  const { major, minor } = options;
  return implicitShape(
    (x, y, z) => Math.hypot(Math.hypot(x, y) - major, z) - minor,
    (x, y, z) => {
      const ring = Math.hypot(x, y) || 1;
      const tube = Math.hypot(ring - major, z) || 1;
      const outward = (ring - major) / tube;
      return [(outward * x) / ring, (outward * y) / ring, z / tube];
    },
    rng => {
      // The area of a ring is proportional to its radius: angles around the tube are accepted in that proportion.
      let angle = 0;
      do angle = 2 * Math.PI * rng.uniform();
      while (rng.uniform() * (major + minor) > major + minor * Math.cos(angle));
      const around = 2 * Math.PI * rng.uniform();
      const ring = major + minor * Math.cos(angle);
      return [ring * Math.cos(around), ring * Math.sin(around), minor * Math.sin(angle)];
    },
  );
};
