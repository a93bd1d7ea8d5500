import { pointwiseLoss } from '@neural-fields/core';
import { assertNonNegative, assertOptions } from '@neural-fields/core/options';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { squared } from './penalty.ts';

/** The options of {@link sobolev}. */
export interface SobolevOptions {
  /** The target of the value, `f32[n, o]`; `value` if absent. */
  readonly target?: string;
  /**
   * The target of the gradient, `f32[n, d o]`, that of output j along coordinate k in column k o + j; `gradient` if
   * absent.
   */
  readonly gradientTarget?: string;
  /** 1 if absent. */
  readonly valueWeight?: number;
  /** 1 if absent. In squared coordinate units: on [-1, 1] a gradient is often about ten times the value. */
  readonly gradientWeight?: number;
}

/**
 * Supervision by value and gradient together: valueWeight (Phi - f)^2 + gradientWeight sum_k (d Phi / dx_k - g_k)^2,
 * averaged over points and outputs.
 *
 * Czarnecki et al. 2017, arXiv:1706.04859 (Sobolev training of order 1).
 *
 * @throws RangeError when a weight is negative; when evaluated, if the points lack a target or its width is wrong
 */
export const sobolev = (options: SobolevOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('sobolev', options, { target: 1, gradientTarget: 1, valueWeight: 1, gradientWeight: 1 });

  const { target = 'value', gradientTarget = 'gradient', valueWeight = 1, gradientWeight = 1 } = options;
  assertNonNegative('sobolev: valueWeight', valueWeight);
  assertNonNegative('sobolev: gradientWeight', gradientWeight);
  const errors = [
    { of: 'value', target, factor: valueWeight },
    { of: 'gradient', target: gradientTarget, factor: gradientWeight },
  ] as const;
  return jetLoss('sobolev', { gradient: true }, pointwiseLoss({ errors, penalty: squared }, { name: 'sobolev' }));
};
