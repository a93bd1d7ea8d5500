import { abs, add, cos, div, mul, sin, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { signOf } from './sign.ts';

export interface FinerSpec extends ActivationSpec {
  readonly kind: 'finer';
  /** The angular frequency at x = 0, positive. */
  readonly omega: number;
  readonly learnable?: readonly 'omega'[];
}

/** The phase's slope omega (2 |x| + 1). */
const phaseSlope = (x: Tensor, omega: Tensor): Tensor => mul(add(mul(abs(x), 2), 1), omega);

/** The phase omega (|x| + 1) x. */
const phaseOf = (x: Tensor, omega: Tensor): Tensor => mul(mul(add(abs(x), 1), x), omega);

/**
 * s(x) = sin(omega (|x| + 1) x), whose frequency grows with |x|. Liu et al. 2023, arXiv:2312.02434.
 *
 * With the phase f = omega (|x| + 1) x, f' = omega (2 |x| + 1), f'' = 2 omega sign(x), f''' = 0:
 *
 *     s' = f' cos f        s'' = f'' cos f - f'^2 sin f        s''' = -3 f' f'' sin f - f'^3 cos f
 *
 * These are the true derivatives; the authors' code treats |x| + 1 as a constant. At x = 0, s'' jumps from -2 omega to 2 omega: sign(0) = 0
 * gives the mean, s''(0) = 0 (and the delta in s''' is left out). The phase loses its digits as that of `sineActivation` does, at the
 * square root of the argument.
 */
export const finerActivation: ActivationDefinition = {
  kind: 'finer',
  parameters: { omega: 1 },
  positive: ['omega'],
  derivatives(x, { omega }, order) {
    const phase = phaseOf(x, omega as Tensor);
    const sine = sin(phase);
    const values: Tensor[] = [sine];
    if (order === 0) return values;
    const first = phaseSlope(x, omega as Tensor);
    const cosine = cos(phase);
    const slope = mul(first, cosine);
    values.push(slope);
    if (order === 1) return values;
    const second = mul(signOf(x), mul(omega as Tensor, 2));
    const firstSquared = square(first);
    values.push(sub(mul(second, cosine), mul(firstSquared, sine)));
    if (order === 3) values.push(sub(mul(mul(mul(first, second), sine), -3), mul(firstSquared, slope)));
    return values;
  },
  /**
   * f and its derivatives are proportional to omega, so
   *
   *     omega ds/domega   = f cos f
   *     omega ds'/domega  = s' - f f' sin f
   *     omega ds''/domega = s'' - f'^2 sin f - f (f'' sin f + f'^2 cos f)
   */
  parameterDerivatives(_parameter, x, { omega }, values) {
    const phase = phaseOf(x, omega as Tensor);
    const first = phaseSlope(x, omega as Tensor);
    const sine = values[0] as Tensor;
    const cosine = div(values[1] as Tensor, first);
    const derivatives: Tensor[] = [mul(phase, cosine)];
    if (values.length > 2) derivatives.push(sub(values[1] as Tensor, mul(mul(phase, first), sine)));
    if (values.length > 3) {
      const second = mul(signOf(x), mul(omega as Tensor, 2));
      const turned = add(mul(second, sine), mul(first, values[1] as Tensor));
      derivatives.push(sub(sub(values[2] as Tensor, mul(square(first), sine)), mul(phase, turned)));
    }
    return derivatives.map(derivative => div(derivative, omega as Tensor));
  },
};

/** s(x) = sin(omega (|x| + 1) x); omega is 1 unless given. @throws RangeError when an option is wrong */
export const finer = (options: ActivationOptions<'omega'> = {}): FinerSpec =>
  completeActivationSpec(finerActivation, options) as FinerSpec;
