import { type AdamOptions, adamVariant } from '../fit/adam.ts';
import type { GradientOptimizer } from '../fit/optimizer.ts';

/** The options of {@link adamw}: those of `adam`, with PyTorch's defaults. */
export interface AdamwOptions extends Omit<AdamOptions, 'learningRate' | 'weightDecay'> {
  /** 1e-3 if absent. */
  readonly learningRate?: number;
  /** lambda, the decoupled decay: every step also multiplies the parameters by 1 - lr lambda; 0.01 if absent. */
  readonly weightDecay?: number;
}

/**
 * AdamW: Adam with decoupled weight decay. Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2, where the decay
 * is multiplied by the learning rate too, as in PyTorch:
 *
 *     p = (1 - lr lambda) p - lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon)
 *
 * with the moments m and v of `adam`.
 *
 * @throws RangeError when an option is out of its range, TypeError when one is unknown
 */
export const adamw = (options: AdamwOptions = {}): GradientOptimizer =>
  adamVariant(options, { kind: 'adamw', learningRate: 1e-3, weightDecay: 1e-2, decoupled: true });
