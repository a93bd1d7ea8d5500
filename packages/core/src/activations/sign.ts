import { mul, sign, type Tensor } from '@tensorflow/tfjs-core';

/** A power of two, so the product is exact. */
const MAGNIFICATION = 2 ** 60;

/** sign(x), with sign(0) = 0. tfjs's op on wasm takes all |x| below some 1e-6 for 0 (4.22.0); magnified, that is 1e-24. */
export const signOf = (x: Tensor): Tensor => sign(mul(x, MAGNIFICATION));
