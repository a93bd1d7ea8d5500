import { type ActivationDefinition, defineActivation } from '../elementwise/activation.ts';
import { greater, mul, select } from '../elementwise/expression.ts';
import { assertOptions } from '../options.ts';
import type { ActivationSpec } from './activation.ts';
import { type ActivationOptions, completeActivationSpec } from './activation-parameters.ts';

export interface PreluSpec extends ActivationSpec {
  readonly kind: 'prelu';
  /** The slope for x < 0. */
  readonly a: number;
  readonly learnable?: readonly 'a'[];
}

/**
 * s(x) = x for x > 0, a x for x <= 0. He et al. 2015, arXiv:1502.01852, equation 1; the default a = 0.25 is that of
 * their section 2.1.
 *
 * s' = 1 for x > 0 and a for x <= 0, so s'(0) = a as in PyTorch; s'' = s''' = 0 everywhere.
 */
export const preluActivation: ActivationDefinition = defineActivation({
  kind: 'prelu',
  parameters: { a: 0.25 },
  value: (x, { a }) => mul(x, select(greater(x, 0), 1, a)),
});

/** s(x) = x for x > 0, a x otherwise; a is 0.25 unless given. @throws RangeError when an option is wrong */
export const prelu = (options: ActivationOptions<'a'> = {}): PreluSpec => {
  assertOptions('prelu', options, { a: 1, learnable: 1 });
  return completeActivationSpec(preluActivation, options) as PreluSpec;
};
