/** @file Sines and cosines of linear functions of the input, shared by positional encoding and Fourier features. */

import {
  add,
  cos,
  defineActivation,
  type Expression,
  floor,
  mul,
  neg,
  sin,
  sub,
} from '@neural-fields/core/elementwise';
import {
  type ActivationDefinition,
  type ConstantArray,
  columns,
  concat,
  elementwise,
  linear,
  type Signal,
} from '@neural-fields/core/layers';

/** A full turn in radians. */
export const TWO_PI: number = 2 * Math.PI;

/** The phases h W, for an input h. */
export interface Phases {
  /** `[inFeatures, f]` */
  readonly weight: ConstantArray;
  /** The unit of h W. */
  readonly unit: 'radian' | 'turn';
}

/**
 * Sine and cosine of each phase side by side, in one order or the other, or the sines of all phases, then the cosines.
 */
export type SinusoidOrder = 'sine-cosine' | 'cosine-sine' | 'sines-first';

/** Reduces phases in turns to [-1/2, 1/2), which is exact, so that large angles lose no precision. */
const angleOf = (x: Expression, unit: Phases['unit']): Expression =>
  unit === 'turn' ? mul(sub(x, floor(add(x, 0.5))), TWO_PI) : x;

/**
 * The sine or cosine of a phase. Each derivative with respect to the phase, in its unit, is a quarter of a turn ahead
 * of the previous one.
 */
const wave = (kind: 'sine' | 'cosine', unit: Phases['unit']): ActivationDefinition =>
  defineActivation({
    kind: `${kind}-of-${unit}s`,
    derivatives(x) {
      const angle = angleOf(x, unit);
      const rate = unit === 'turn' ? TWO_PI : 1;
      const [sine, cosine] = [sin(angle), cos(angle)];
      const quarters = [sine, cosine, neg(sine), neg(cosine), sine];
      const start = kind === 'sine' ? 0 : 1;
      const derivative = (order: number): Expression => mul(quarters[(start + order) % 4] as Expression, rate ** order);
      return [derivative(0), derivative(1), derivative(2), derivative(3)];
    },
  });

const waves = {
  radian: { sine: wave('sine', 'radian'), cosine: wave('cosine', 'radian') },
  turn: { sine: wave('sine', 'turn'), cosine: wave('cosine', 'turn') },
} as const;

/** The sine and cosine of each phase h W: 2 f features. */
export const sinusoids = (input: Signal, { weight, unit }: Phases, order: SinusoidOrder): Signal => {
  const phases = linear(input, weight);
  const { sine, cosine } = waves[unit];
  const kinds = order === 'cosine-sine' ? [cosine, sine] : [sine, cosine];
  const f = phases.features;
  const interleaved = { count: 2 * f, column: (j: number) => (j % 2) * f + Math.floor(j / 2) };
  const all = concat(kinds.map(kind => elementwise(phases, kind)));
  return order === 'sines-first' ? all : columns(all, interleaved);
};
