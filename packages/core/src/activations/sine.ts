import { cos, mul, neg, sin, square, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationSpec } from './activation.ts';
import { scaleDerivatives } from './scale.ts';

export interface SineSpec extends ActivationSpec {
  readonly kind: 'sine';
  readonly omega: number;
}

/**
 * s(x) = sin(omega x). The activation of SIREN: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2.
 *
 * s' = omega cos(omega x), s'' = -omega^2 s, s''' = -omega^2 s'.
 */
export const sineActivation: ActivationDefinition = {
  kind: 'sine',
  parameters: { omega: 1 },
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
  parameterDerivatives: (_parameter, x, { omega }, values) => scaleDerivatives(x, omega as Tensor, values),
};
