/**
 * @file Full-waveform inversion: fits the waves and the medium together to the observations of receivers. Sitzmann et
 *   al. 2020, arXiv:2006.09661, section 4.3 and its supplement. Beside the real and imaginary parts of its waves, the
 *   field has one more output: m - 1, the squared slowness minus that of the surrounding medium.
 *
 * The authors' weights, for N points per step: `onSourceWeight` N / 1000 in the term of the inversion, and the number
 * of receivers as the weight of the term of the receivers.
 */

import type { Jet, PointLoss } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { abs, add, cast, lessEqual, max, maximum, mul, slice, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import { assertHelmholtzOptions, type HelmholtzOptions, helmholtzLosses } from './helmholtz.ts';
import { type HelmholtzDerivatives, helmholtzDerivatives } from './helmholtz-residual.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, type Penalty, penalise } from './penalty.ts';
import { findTarget } from './targets.ts';

/** What is known about the medium in advance. */
export interface MediumOptions {
  /** The smallest squared slowness allowed; 1e-3 if absent, as in the authors' code. */
  readonly minSquaredSlowness?: number;
  /**
   * The medium is unknown in [-unknownBound, unknownBound]^d; outside, its squared slowness is 1. 0.75 if absent, as in
   * the authors' code.
   */
  readonly unknownBound?: number;
}

/** The field's last output: `f32[n, 1]`. */
const lastOutput = (value: Tensor2D): Tensor2D => slice(value, [0, value.shape[1] - 1], [value.shape[0], 1]);

/** All outputs but the last: `f32[n, o - 1]`. */
const waves = (value: Tensor2D): Tensor2D => slice(value, [0, 0], [value.shape[0], value.shape[1] - 1]);

/** The waves' part of a jet. */
const wavesJet = ({ value, gradient, second }: Jet<HelmholtzDerivatives>): Jet<HelmholtzDerivatives> => {
  const [n, d, outFeatures] = gradient.shape;
  return {
    value: waves(value),
    gradient: slice(gradient, [0, 0, 0], [n, d, outFeatures - 1]),
    second: second.map(waves),
  };
};

/**
 * The squared slowness that the field represents: max(1 + its last output, minSquaredSlowness) inside [-unknownBound,
 * unknownBound]^d, and 1 outside.
 *
 * @param value the field's value, `f32[n, o + 1]`
 * @param coords `f32[n, d]`
 * @returns `f32[n, 1]`
 * @throws RangeError when an option is not a positive number
 */
export const squaredSlownessOf = (value: Tensor2D, coords: Tensor2D, options: MediumOptions = {}): Tensor2D => {
  assertOptions('squaredSlownessOf', options, { minSquaredSlowness: 1, unknownBound: 1 });

  const { minSquaredSlowness = 1e-3, unknownBound = 0.75 } = options;
  assertPositive('squaredSlownessOf: minSquaredSlowness', minSquaredSlowness);
  assertPositive('squaredSlownessOf: unknownBound', unknownBound);
  const inside = cast<Tensor2D>(lessEqual(max(abs(coords), 1, true), unknownBound), 'float32');
  const excess = maximum(lastOutput(value), minSquaredSlowness - 1);
  return add(mul(excess, inside), 1);
};

/** The options of {@link helmholtzInversion}. */
export interface HelmholtzInversionOptions extends HelmholtzOptions, MediumOptions {}

/**
 * The Helmholtz equation for waves in an unknown medium: |residual|, averaged over points and outputs, with the squared
 * slowness of {@link squaredSlownessOf}. Add a term of {@link receiverMisfit} on the points of the receivers.
 *
 * @throws RangeError when an option is out of its range; when evaluated, if a target is absent or its width is wrong
 */
export const helmholtzInversion = (options: HelmholtzInversionOptions): JetLoss<HelmholtzDerivatives> => {
  assertOptions('helmholtzInversion', options, {
    wavenumber: 1,
    absorbing: 1,
    source: 1,
    onSourceWeight: 1,
    offSourceWeight: 1,
    penalty: 1,
    inFeatures: 1,
    minSquaredSlowness: 1,
    unknownBound: 1,
  });

  assertHelmholtzOptions('helmholtzInversion', options);
  const { minSquaredSlowness, unknownBound } = options;
  const medium = {
    ...(minSquaredSlowness !== undefined && { minSquaredSlowness }),
    ...(unknownBound !== undefined && { unknownBound }),
  };
  return jetLoss('helmholtzInversion', helmholtzDerivatives(options.inFeatures), (jet, { coords, targets }) =>
    helmholtzLosses('helmholtzInversion', options, wavesJet(jet), {
      coords,
      targets,
      squaredSlowness: squaredSlownessOf(jet.value, coords, medium),
    }),
  );
};

/** The options of {@link receiverMisfit} and {@link slownessMisfit}. */
export interface MisfitOptions {
  /** `receivers` or `squaredSlowness` if absent. */
  readonly target?: string;
  /** Absolute if absent, as in the authors' code. */
  readonly penalty?: Penalty;
}

/**
 * The misfit at the receivers: |u(x) - observed(x)| for all outputs but the last, averaged over points and outputs. The
 * target is `f32[n, o]`, pairs of real and imaginary parts.
 *
 * @throws RangeError when evaluated, if the target is absent or its width is wrong
 */
export const receiverMisfit = (options: MisfitOptions = {}): PointLoss => {
  assertOptions('receiverMisfit', options, { target: 1, penalty: 1 });
  const { target = 'receivers', penalty = absolute } = options;
  return ({ value }, { targets }) => {
    const observed = findTarget('receiverMisfit', target, targets, {
      widths: [value.shape[1] - 1],
      as: "as the field's outputs but the last",
    });
    return penalise(penalty, sub(waves(value), observed));
  };
};

/**
 * The misfit to a given medium, for initialising an inversion: |1 + last output - m(x)|, averaged over points. The
 * target m is `f32[n, 1]`.
 *
 * @throws RangeError when evaluated, if the target is absent or its width is wrong
 */
export const slownessMisfit = (options: MisfitOptions = {}): PointLoss => {
  assertOptions('slownessMisfit', options, { target: 1, penalty: 1 });
  const { target = 'squaredSlowness', penalty = absolute } = options;
  return ({ value }, { targets }) => {
    const medium = findTarget('slownessMisfit', target, targets, { widths: [1], as: 'for the squared slowness' });
    return penalise(penalty, sub(add(lastOutput(value), 1), medium));
  };
};
