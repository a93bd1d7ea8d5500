import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { abs, add, cos, mul, sign, sin, square, sub } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';

export interface FinerSpec extends ActivationSpec {
  readonly kind: 'finer';
  /** The angular frequency at x = 0, positive. */
  readonly omega: number;
  readonly learnable?: readonly 'omega'[];
}

/**
 * s(x) = sin(omega (|x| + 1) x), whose frequency grows with |x|. Liu et al. 2023, arXiv:2312.02434.
 *
 * With the phase f = omega (|x| + 1) x, f' = omega (2 |x| + 1), f'' = 2 omega sign(x), f''' = 0:
 *
 *     s' = f' cos f        s'' = f'' cos f - f'^2 sin f        s''' = -3 f' f'' sin f - f'^3 cos f
 *
 * These are the true derivatives; the authors' code treats |x| + 1 as a constant. At x = 0, s'' jumps from -2 omega to
 * 2 omega: sign(0) = 0 gives the mean, s''(0) = 0 (the Dirac delta in s''' is omitted). The phase loses precision as in
 * `sineActivation`, but already at the square root of that argument.
 */
export const finerActivation: ActivationDefinition = defineActivation({
  kind: 'finer',
  parameters: { omega: 1 },
  positive: ['omega'],
  steepness: ({ omega }) => Math.abs(omega),
  derivatives(x, { omega }) {
    const phase = mul(mul(add(abs(x), 1), x), omega);
    const [sine, cosine] = [sin(phase), cos(phase)];
    const first = mul(add(mul(abs(x), 2), 1), omega);
    const second = mul(sign(x), mul(omega, 2));
    const derivative = mul(first, cosine);
    return [
      sine,
      derivative,
      sub(mul(second, cosine), mul(square(first), sine)),
      sub(mul(mul(mul(first, second), sine), -3), mul(square(first), derivative)),
    ];
  },
});

/** s(x) = sin(omega (|x| + 1) x); omega is 1 unless given. @throws RangeError when an option is wrong */
export const finer = (options: ActivationOptions<'omega'> = {}): FinerSpec => {
  assertOptions('finer', options, { omega: 1, learnable: 1 });
  return completeActivationSpec(finerActivation, options) as FinerSpec;
};
