/**
 * @file The chain rule for jets: from the jet of z to that of s(z), for a function s that acts on each element.
 *
 *     h0 = s(z0)        h1_k = s'(z0) z1_k        h2_j = s'(z0) z2_j + s''(z0) sum_kl A_jkl z1_k z1_l
 *
 * Written in ordinary tfjs ops, so that one reverse pass runs through it.
 */
import { type LayerJet, quadraticForms } from '@neural-fields/core';
import { add, mul, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

/** The forms as a layer is given them. */
export type Forms = Parameters<typeof quadraticForms>[1];

/** s, s' and s'' at z0, each `f32[n, f]`. */
export interface Derivatives {
  readonly value: Tensor2D;
  readonly slope: Tensor2D;
  readonly bend: Tensor2D;
}

/** The curvature sum_kl A_jkl z1_k z1_l `f32[m, n or 1, f]`; absent when no second-order form is wanted. */
export const curvatureOf = ({ first }: LayerJet, forms: Forms | undefined): Tensor3D | undefined =>
  first && forms ? (quadraticForms(first, forms) as Tensor3D) : undefined;

/** The jet of s(z); `curvature` is that of z. */
export const compose = (
  { first, second }: LayerJet,
  curvature: Tensor3D | undefined,
  { value, slope, bend }: Derivatives,
): LayerJet => {
  const bent = curvature && mul<Tensor3D>(bend, curvature);
  return {
    value,
    ...(first && { first: mul<Tensor3D>(slope, first) }),
    ...(bent && { second: second ? add<Tensor3D>(mul(slope, second), bent) : bent }),
  };
};
