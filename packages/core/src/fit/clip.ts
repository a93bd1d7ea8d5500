import { add, div, keep, minimum, mul, norm, type Tensor1D, tidy } from '@tensorflow/tfjs-core';

/** A clipped gradient. */
export interface ClippedGradient {
  /** Kept (`tf.keep`). */
  readonly gradient: Tensor1D;
  /** The Euclidean norm before clipping; NaN when it was not read. */
  readonly norm: number;
}

/**
 * Clips a gradient to the norm `limit`, as PyTorch's `clip_grad_norm_` does: scaled by min(1, limit / (norm + 1e-6)).
 *
 * @param reads whether the norm is read from the device
 */
export const clip = async (gradient: Tensor1D, limit: number, reads: boolean): Promise<ClippedGradient> => {
  const [length, clipped] = tidy(() => {
    const length = norm(gradient);
    return [keep(length), keep(mul(gradient, minimum(div(limit, add(length, 1e-6)), 1)))] as const;
  }) as [Tensor1D, Tensor1D];
  try {
    return { gradient: clipped, norm: reads ? ((await length.data())[0] as number) : Number.NaN };
  } catch (error) {
    clipped.dispose();
    throw error;
  } finally {
    length.dispose();
  }
};
