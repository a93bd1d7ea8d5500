import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { cos, div, mul, neg, sin, square } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';
import { scaleDerivatives } from './scale.ts';

export interface SineSpec extends ActivationSpec {
  readonly kind: 'sine';
  /** The angular frequency. */
  readonly omega: number;
  readonly learnable?: readonly 'omega'[];
}

/**
 * s(x) = sin(omega x). The activation of SIREN: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2.
 *
 * s' = omega cos(omega x), s'' = -omega^2 s, s''' = -omega^2 s'. In float32 the phase omega x has a relative error of
 * up to 2^-25, so s has no correct digit beyond a phase of 1e7, and a phase that overflows gives NaN.
 */
export const sineActivation: ActivationDefinition = defineActivation({
  kind: 'sine',
  parameters: { omega: 1 },
  positive: ['omega'],
  steepness: ({ omega }) => Math.abs(omega),
  derivatives(x, { omega }) {
    const s = sin(mul(x, omega));
    const first = mul(cos(mul(x, omega)), omega);
    const factor = neg(square(omega));
    return [s, first, mul(s, factor), mul(first, factor)];
  },
  byParameter: (x, { omega }, s) => ({ omega: scaleDerivatives(x, s, div(1, omega)) }),
});

/** s(x) = sin(omega x); omega is 1 unless given. @throws RangeError when an option is wrong */
export const sine = (options: ActivationOptions<'omega'> = {}): SineSpec => {
  assertOptions('sine', options, { omega: 1, learnable: 1 });
  return completeActivationSpec(sineActivation, options) as SineSpec;
};
