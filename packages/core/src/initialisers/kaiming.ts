import type { InitialiserContext, InitialiserDefinition } from './initialiser.ts';
import { fillNormal, fillUniform } from './uniform.ts';

/** He et al. 2015, "Delving deep into rectifiers", arXiv:1502.01852, equation 15; fan-in mode. */
export interface KaimingSpec {
  readonly kind: 'kaiming-uniform' | 'kaiming-normal';
  /** The slope of the rectifier at x < 0; 0 (ReLU) if absent. */
  readonly negativeSlope?: number;
}

const standardDeviation = ({ negativeSlope = 0 }: KaimingSpec, { inFeatures }: InitialiserContext): number =>
  Math.sqrt(2 / ((1 + negativeSlope ** 2) * inFeatures));

/** U(-a, a), a = sqrt(6 / ((1 + slope^2) inFeatures)). */
export const kaimingUniform: InitialiserDefinition<KaimingSpec> = {
  kind: 'kaiming-uniform',
  fill: (values, spec, context, rng) => fillUniform(values, Math.sqrt(3) * standardDeviation(spec, context), rng),
};

/** N(0, 2 / ((1 + slope^2) inFeatures)). */
export const kaimingNormal: InitialiserDefinition<KaimingSpec> = {
  kind: 'kaiming-normal',
  fill: (values, spec, context, rng) => fillNormal(values, standardDeviation(spec, context), rng),
};
