import { cos, mul, neg, reciprocal, sin, square, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
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
 * s' = omega cos(omega x), s'' = -omega^2 s, s''' = -omega^2 s'. In float32 the phase omega x is off by up to 2^-25 of itself, so no digit
 * of s is left beyond a phase of 1e7, and a phase that overflows gives NaN.
 */
export const sineActivation: ActivationDefinition = {
  kind: 'sine',
  parameters: { omega: 1 },
  positive: ['omega'],
  derivatives(x, { omega }, order) {
    const phase = mul(x, omega as Tensor);
    const values: Tensor[] = [sin(phase)];
    if (order >= 1) values.push(mul(cos(phase), omega as Tensor));
    if (order >= 2) {
      const factor = neg(square(omega as Tensor));
      for (let k = 2; k <= order; k++) values.push(mul(values[k - 2] as Tensor, factor));
    }
    return values;
  },
  parameterDerivatives: (_parameter, x, { omega }, values) => scaleDerivatives(x, values, reciprocal(omega as Tensor)),
};

/** s(x) = sin(omega x); omega is 1 unless given. @throws RangeError when an option is wrong */
export const sine = (options: ActivationOptions<'omega'> = {}): SineSpec =>
  completeActivationSpec(sineActivation, options) as SineSpec;
