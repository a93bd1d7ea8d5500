import { assertNonNegative } from '../assert-number.ts';
import type { Rng } from '../random.ts';
import type { InitialiserDefinition } from './initialiser.ts';

/**
 * U(-bound, bound). With a bound well above 1 for the first bias, it is FINER's initialisation (Liu et al. 2024,
 * arXiv:2312.02434, section 3.3): the larger the bias, the higher the local frequency of sin((abs(z) + 1) z).
 */
export interface UniformSpec {
  readonly kind: 'uniform';
  readonly bound: number;
}

/** Fills with samples of U[-bound, bound). */
export const fillUniform = (values: Float32Array, bound: number, rng: Rng): void => {
  for (let i = 0; i < values.length; i++) values[i] = bound * (2 * rng.uniform() - 1);
};

/** Fills with samples of N(0, standardDeviation^2). */
export const fillNormal = (values: Float32Array, standardDeviation: number, rng: Rng): void => {
  for (let i = 0; i < values.length; i++) values[i] = standardDeviation * rng.normal();
};

/** U(-bound, bound). */
export const uniform: InitialiserDefinition<UniformSpec> = {
  kind: 'uniform',
  fill(values, { bound }, _context, rng) {
    assertNonNegative('uniform initialiser: bound', bound);
    fillUniform(values, bound, rng);
  },
};

/** All zero. */
export const zeros: InitialiserDefinition<{ readonly kind: 'zeros' }> = {
  kind: 'zeros',
  fill: values => {
    values.fill(0);
  },
};
