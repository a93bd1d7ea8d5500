/** @file Sines and cosines of linear functions of the input: what positional encoding and Fourier features share. */

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
  type ConstantNumbers,
  columns,
  concat,
  elementwise,
  linear,
  type Signal,
} from '@neural-fields/core/layers';

/** The angle of a full turn, in radians. */
export const TURN: number = 2 * Math.PI;

/** What the phases are. */
export interface Phases {
  /** `[inFeatures, f]` */
  readonly weight: ConstantNumbers;
  /** What one unit of h W stands for. */
  readonly unit: 'radian' | 'turn';
}

/** Which of the two comes first in each pair of features. */
export type PairOrder = 'sine-cosine' | 'cosine-sine';

/**
 * Whole turns are taken off where phases are counted in turns: it is exact, and no digit of a large angle is lost to
 * its size.
 */
const angleOf = (x: Expression, unit: Phases['unit']): Expression =>
  unit === 'turn' ? mul(sub(x, floor(add(x, 0.5))), TURN) : x;

/**
 * The derivatives of sin or cos of a phase with respect to the phase in its unit: the next one is a quarter of a turn
 * ahead.
 */
const wave = (kind: 'sine' | 'cosine', unit: Phases['unit']): ActivationDefinition =>
  defineActivation({
    kind: `${kind}-of-${unit}s`,
    derivatives(x) {
      const angle = angleOf(x, unit);
      const rate = unit === 'turn' ? TURN : 1;
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

/** Sine and cosine of each phase h W, in pairs: 2 f features. */
export const sinusoids = (input: Signal, { weight, unit }: Phases, order: PairOrder): Signal => {
  const phases = linear(input, weight);
  const { sine, cosine } = waves[unit];
  const kinds = order === 'sine-cosine' ? [sine, cosine] : [cosine, sine];
  const f = phases.features;
  const interleaved = { count: 2 * f, column: (j: number) => (j % 2) * f + Math.floor(j / 2) };
  return columns(concat(kinds.map(kind => elementwise(phases, kind))), interleaved);
};
