/**
 * @file How many matrix products a step does.
 *
 * A dense layer with i inputs and o outputs takes i o multiplications and sums for each row of the jet: one row for
 * values, three for the value and both derivatives, four with the Laplacian too. Each row is multiplied once forward
 * and twice backward (for the weights' gradient and for the rows before). The gradient of a field with one output needs
 * fewer, by a backward pass inside the field: forward 1 + 1 rows, and backward through both 2 + 2. Where the loss is
 * not part of the kernel, the forward pass is computed a second time before the backward pass.
 */
import type { Supervision } from '../protocol.ts';

/** How a gradient is computed. */
export type GradientWay = 'adjoints' | 'jets';

const rowsOf = (supervision: Supervision, gradientWay: GradientWay): number => {
  if (supervision === 'gradient') return gradientWay === 'adjoints' ? 2 : 3;
  return supervision === 'value' ? 1 : 4;
};

/** The products of a row with a layer's weight, for each layer and point, in a step. */
export const productsOf = (
  supervision: Supervision,
  { gradientWay, forwardPasses }: { readonly gradientWay: GradientWay; readonly forwardPasses: number },
): number => rowsOf(supervision, gradientWay) * (forwardPasses + 2);
