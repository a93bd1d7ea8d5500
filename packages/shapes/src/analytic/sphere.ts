import { assertOptions } from '@neural-fields/core/options';
import { type ImplicitShape, implicitShape } from './implicit-shape.ts';

/** The signed distance |p| - radius of a sphere centred at 0. Samples are uniform on its surface. */
export const sphere = (options: { readonly radius: number }): ImplicitShape => {
  assertOptions('sphere', options, { radius: 1 });
  const { radius } = options;
  return implicitShape(
    (x, y, z) => Math.hypot(x, y, z) - radius,
    (x, y, z) => {
      const length = Math.hypot(x, y, z) || 1;
      return [x / length, y / length, z / length];
    },
    rng => {
      const [x, y, z] = [rng.normal(), rng.normal(), rng.normal()];
      const scale = radius / Math.hypot(x, y, z);
      return [scale * x, scale * y, scale * z];
    },
  );
};
