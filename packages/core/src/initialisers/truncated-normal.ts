import { assertPositive } from '../options.ts';
import type { InitialiserDefinition } from './initialiser.ts';
import { fillNormal } from './uniform.ts';

/** The initialiser of physics-informed networks: Raissi, Perdikaris and Karniadakis 2019, in their code. */
export interface TruncatedNormalSpec {
  readonly kind: 'truncated-normal';
  /** A factor on the standard deviation; 1 if absent. */
  readonly gain?: number;
}

/** In standard deviations. */
const LIMIT = 2;

/** N(0, s^2), s = gain sqrt(2 / (inFeatures + outFeatures)), drawn again while beyond 2 s. */
export const truncatedNormal: InitialiserDefinition<TruncatedNormalSpec> = {
  kind: 'truncated-normal',
  assertSpec: (what, { gain = 1 }) => assertPositive(`${what}: gain`, gain),
  fill(values, { gain = 1 }, { inFeatures, outFeatures }, rng) {
    const deviation = gain * Math.sqrt(2 / (inFeatures + outFeatures));
    fillNormal(values, deviation, rng);
    for (let i = 0; i < values.length; i++)
      while (Math.abs(values[i] as number) > LIMIT * deviation) values[i] = deviation * rng.normal();
  },
};
