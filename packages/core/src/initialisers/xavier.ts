import type { Rng } from '../random.ts';
import type { InitialiserContext } from './initialiser.ts';
import { fillNormal, fillUniform } from './uniform.ts';

/** Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", equation 16. */
export interface XavierSpec {
  readonly kind: 'xavier-uniform' | 'xavier-normal';
  /** A factor on the spread; 1 if absent. PyTorch recommends 5/3 for tanh. */
  readonly gain?: number;
}

const deviation = (gain: number | undefined, { inFeatures, outFeatures }: InitialiserContext): number =>
  (gain ?? 1) * Math.sqrt(2 / (inFeatures + outFeatures));

/** U(-a, a), a = gain sqrt(6 / (inFeatures + outFeatures)). */
export const xavierUniform = (values: Float32Array, { gain }: XavierSpec, context: InitialiserContext, rng: Rng): void =>
  fillUniform(values, Math.sqrt(3) * deviation(gain, context), rng);

/** N(0, gain^2 2 / (inFeatures + outFeatures)). */
export const xavierNormal = (values: Float32Array, { gain }: XavierSpec, context: InitialiserContext, rng: Rng): void =>
  fillNormal(values, deviation(gain, context), rng);
