/** @file What a pointwise loss means, in ordinary tfjs ops and as plainly as it can be said. */
import {
  add,
  minimum,
  mul,
  reshape,
  sign,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

/** As core's type of the same name; this package cannot import core. */
export interface PointwiseLoss {
  readonly errors: readonly {
    readonly of: 'value' | 'gradient' | 'laplacian';
    readonly target?: string;
    readonly factor?: number | ((inFeatures: number) => number);
  }[];
  readonly penalty:
    | { readonly kind: 'squared' }
    | { readonly kind: 'absolute' }
    | { readonly kind: 'huber'; readonly delta: number }
    | { readonly kind: 'charbonnier'; readonly epsilon: number };
  readonly weight?: string;
}

const penalise = (error: Tensor, penalty: PointwiseLoss['penalty']): Tensor => {
  if (penalty.kind === 'squared') return square(error);
  const size = mul(error, sign(error));
  if (penalty.kind === 'absolute') return size;
  if (penalty.kind === 'charbonnier') return sqrt(add(square(error), penalty.epsilon ** 2));
  const inner = minimum(size, penalty.delta);
  return add(mul(square(inner), 0.5), mul(sub(size, inner), penalty.delta));
};

/** A part of the jet as `f32[n, d, o]`, or as `f32[n, 1, o]` where it is not the gradient. */
const stacked = (part: Tensor, [n, o]: readonly [number, number]): Tensor3D => reshape(part, [n, -1, o]);

/** The losses `f32[n, o]` of a description. */
export const pointwiseLoss =
  ({ errors, penalty, weight }: PointwiseLoss) =>
  (
    jet: { readonly value: Tensor2D; readonly gradient?: Tensor3D; readonly laplacian?: Tensor2D },
    { targets }: { readonly targets: Readonly<Record<string, Tensor2D>> },
  ): Tensor => {
    const shape = jet.value.shape;
    const losses = errors.map(({ of, target, factor = 1 }) => {
      const part = stacked(jet[of] as Tensor, shape);
      const error = target === undefined ? part : sub(part, stacked(targets[target] as Tensor2D, shape));
      return mul(sum(penalise(error, penalty), 1), typeof factor === 'number' ? factor : factor(part.shape[1]));
    });
    const all = losses.reduce((a, b) => add(a, b));
    return weight === undefined ? all : mul(all, targets[weight] as Tensor2D);
  };
