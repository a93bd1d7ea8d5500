import type { InitialiserContext, InitialiserDefinition } from './initialiser.ts';
import { fillNormal, fillUniform } from './uniform.ts';

/** Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16. */
export interface XavierSpec {
  readonly kind: 'xavier-uniform' | 'xavier-normal';
  /** A factor on the standard deviation; 1 if absent. PyTorch recommends 5/3 for tanh. */
  readonly gain?: number;
}

const standardDeviation = (gain: number | undefined, { inFeatures, outFeatures }: InitialiserContext): number =>
  (gain ?? 1) * Math.sqrt(2 / (inFeatures + outFeatures));

/** U(-a, a), a = gain sqrt(6 / (inFeatures + outFeatures)). */
export const xavierUniform: InitialiserDefinition<XavierSpec> = {
  kind: 'xavier-uniform',
  fill: (values, { gain }, context, rng) => fillUniform(values, Math.sqrt(3) * standardDeviation(gain, context), rng),
};

/** N(0, gain^2 2 / (inFeatures + outFeatures)). */
export const xavierNormal: InitialiserDefinition<XavierSpec> = {
  kind: 'xavier-normal',
  fill: (values, { gain }, context, rng) => fillNormal(values, standardDeviation(gain, context), rng),
};
