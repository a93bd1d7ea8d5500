/**
 * @file A gradient of the matrix product for tfjs's wasm backend. Its product is 20 to 100 times slower when an operand
 *   is transposed on the fly, as in the ordinary gradient; transposing first, as a separate op, costs next to nothing
 *   in comparison.
 */
import {
  type GradConfig,
  getBackend,
  getGradient,
  matMul,
  registerGradient,
  type Tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core';
import '#gradients';

const KERNEL = 'BatchMatMul';

/** Swaps the last two axes. */
const transposed = (x: Tensor): Tensor => {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
};

/** x y, with either factor optionally transposed. */
const product = (x: Tensor, xTransposed: boolean, y: Tensor, yTransposed: boolean): Tensor =>
  tidy(() => matMul(xTransposed ? transposed(x) : x, yTransposed ? transposed(y) : y));

const gradient = (ordinary: GradConfig): GradConfig => ({
  ...ordinary,
  gradFunc(dy, saved, attrs) {
    if (getBackend() !== 'wasm') return ordinary.gradFunc(dy, saved, attrs);
    const [a, b] = saved as [Tensor, Tensor];
    const { transposeA, transposeB } = attrs as object as {
      readonly transposeA: boolean;
      readonly transposeB: boolean;
    };
    const g = dy as Tensor;
    // c = op(a) op(b): the gradient of op(a) is g op(b)', and that of op(b) is op(a)' g, transposed where the operand
    // was.
    return {
      a: () => (transposeA ? product(b, transposeB, g, true) : product(g, false, b, !transposeB)),
      b: () => (transposeB ? product(g, true, a, transposeA) : product(a, !transposeA, g, false)),
    };
  },
});

let installed = false;

/** Registers the gradient, once. It affects only the wasm backend. */
export const installTransposingMatMulGradient = (): void => {
  if (installed) return;
  installed = true;
  registerGradient(gradient(getGradient(KERNEL)));
};
