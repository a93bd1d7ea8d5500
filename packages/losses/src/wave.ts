/**
 * @file The wave equation m u_tt = laplacian u, in time and space. Time is the first coordinate. Sitzmann et al. 2020,
 *   arXiv:2006.09661, section 4.3 and its supplement.
 *
 * The authors' weights, for b points at the initial time: b / 10 for their value (200 with their 2000 points), b / 100
 * for their velocity (20), and 1 for the residual.
 */

import type { Jet } from '@neural-fields/core';
import { assertCount, assertNonNegative, assertOptions, assertPositive } from '@neural-fields/core/options';
import { add, mul, reciprocal, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import { partialAlong } from './boundary.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, type Penalty, penalise, penaltyTangent } from './penalty.ts';
import { findTarget, findValueTarget, type Targets } from './targets.ts';

/** The second derivative in time, and the Laplacian in space. */
export interface WaveDerivatives {
  readonly second: readonly [readonly number[], readonly number[]];
}

/** The options of {@link wave}. */
export interface WaveOptions {
  /** The number of spatial coordinates; 2 if absent. The field has one more coordinate, time, which comes first. */
  readonly spaceDimensions?: number;
  /** c where m is 1, in units of space per unit of time; 1 if absent. */
  readonly speed?: number;
  /**
   * The name of a target `f32[n, 1]` with the squared slowness m relative to 1 / c^2, dimensionless; m is 1 if absent.
   */
  readonly squaredSlowness?: string;
  /** Absolute if absent, as in the authors' code. */
  readonly penalty?: Penalty;
}

/**
 * The wave equation: |u_tt - c^2 / m laplacian u|, averaged over points and outputs.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.3, in the form of the authors' code.
 *
 * @throws RangeError when an option is out of its range; when evaluated, if a target is absent or its width is wrong
 */
export const wave = (options: WaveOptions = {}): JetLoss<WaveDerivatives> => {
  assertOptions('wave', options, { spaceDimensions: 1, speed: 1, squaredSlowness: 1, penalty: 1 });

  const { spaceDimensions = 2, speed = 1, squaredSlowness, penalty = absolute } = options;
  assertCount('wave: spaceDimensions', spaceDimensions);
  assertPositive('wave: speed', speed);
  const space = Array.from({ length: spaceDimensions }, () => 1);
  const second: WaveDerivatives['second'] = [
    [1, ...space.map(() => 0)],
    [0, ...space],
  ];
  /** Linear in the jet. */
  const residual = ({ second: [acceleration, laplacian] }: Jet<WaveDerivatives>, targets: Targets): Tensor2D => {
    const spread: Tensor2D = mul(laplacian, speed ** 2);
    if (squaredSlowness === undefined) return sub(acceleration, spread);
    const m = findTarget('wave', squaredSlowness, targets, { widths: [1], as: 'for the squared slowness' });
    return sub(acceleration, mul(spread, reciprocal(m)));
  };
  return jetLoss<WaveDerivatives>(
    'wave',
    { second },
    (jet, { targets }) => penalise(penalty, residual(jet, targets)),
    (jet, direction, { targets }) => penaltyTangent(penalty, residual(jet, targets), residual(direction, targets)),
  );
};

/** The options of {@link waveStart}. */
export interface WaveStartOptions {
  /** The target with the value at the initial time, `f32[n, o]`; `value` if absent. */
  readonly target?: string;
  /** The target with the velocity there, `f32[n, o]`; at rest if absent. */
  readonly velocity?: string;
  /** 1 if absent. */
  readonly valueWeight?: number;
  /** 1 if absent. In squared time units. */
  readonly velocityWeight?: number;
  /** Absolute if absent, as in the authors' code. */
  readonly penalty?: Penalty;
}

/**
 * The initial conditions of a wave, on points at the initial time: valueWeight |u - u_0| + velocityWeight |u_t - v_0|,
 * averaged over points and outputs.
 *
 * @throws RangeError when a weight is negative; when evaluated, if a target is absent or its width is wrong
 */
export const waveStart = (options: WaveStartOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('waveStart', options, { target: 1, velocity: 1, valueWeight: 1, velocityWeight: 1, penalty: 1 });

  const { target = 'value', velocity, valueWeight = 1, velocityWeight = 1, penalty = absolute } = options;
  assertNonNegative('waveStart: valueWeight', valueWeight);
  assertNonNegative('waveStart: velocityWeight', velocityWeight);
  const name = 'waveStart';
  const errors = (
    { value, gradient }: Jet<{ readonly gradient: true }>,
    targets: Targets,
  ): readonly [Tensor2D, Tensor2D] => {
    const rate = partialAlong(name, gradient, 0);
    const rateError =
      velocity === undefined ? rate : sub<Tensor2D>(rate, findValueTarget(name, velocity, targets, value));
    return [sub<Tensor2D>(value, findValueTarget(name, target, targets, value)), rateError];
  };
  return jetLoss(
    name,
    { gradient: true },
    (jet, { targets }) => {
      const [ofValue, ofRate] = errors(jet, targets);
      return add(mul(penalise(penalty, ofValue), valueWeight), mul(penalise(penalty, ofRate), velocityWeight));
    },
    (jet, direction, { targets }) => {
      const [ofValue, ofRate] = errors(jet, targets);
      return add(
        mul(penaltyTangent(penalty, ofValue, direction.value), valueWeight),
        mul(penaltyTangent(penalty, ofRate, partialAlong(name, direction.gradient, 0)), velocityWeight),
      );
    },
  );
};
