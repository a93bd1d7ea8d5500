/**
 * @file How many matrix products a step does.
 *
 * A dense layer with i inputs and o outputs takes i o multiply-adds for each row of the jet: one row for values, three
 * for the value and both derivatives, four with the Laplacian too. Each row is multiplied once forward and twice
 * backward (for the gradients of the weights and of the layer's input). The gradient of a field with one output takes
 * fewer products if it is computed by a backward pass inside the field: 1 + 1 rows forward, and 2 + 2 backward through
 * both. Where the loss is not part of the kernel, the forward pass is computed a second time before the backward pass.
 */
import type { Supervision } from '../protocol.ts';

/** How a gradient is computed. */
export type GradientWay = 'adjoints' | 'jets';

const rowsOf = (supervision: Supervision, gradientWay: GradientWay): number => {
  if (supervision === 'gradient') return gradientWay === 'adjoints' ? 2 : 3;
  return supervision === 'value' ? 1 : 4;
};

/** The number of products of a row with a layer's weight in a step, for each layer and point. */
export const productsOf = (
  supervision: Supervision,
  { gradientWay, forwardPasses }: { readonly gradientWay: GradientWay; readonly forwardPasses: number },
): number => rowsOf(supervision, gradientWay) * (forwardPasses + 2);
