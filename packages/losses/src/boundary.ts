/** @file Soft boundary and initial conditions: separate terms, on points of the boundary. */

import type { PointLoss } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { mul, reshape, slice, sub, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { dataTerm } from './data-term.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, type Penalty, penalise } from './penalty.ts';
import { findTarget, findValueTarget } from './targets.ts';

/** The options of {@link dirichlet}. */
export interface DirichletOptions {
  /** The prescribed value, `f32[n, o]`; `value` if absent. */
  readonly target?: string;
  /** Absolute if absent, as in the SIREN authors' code. */
  readonly penalty?: Penalty;
}

/**
 * Penalises the difference to a prescribed value: |Phi(x) - g(x)| at points of the boundary, averaged over points and
 * outputs.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const dirichlet = (given: DirichletOptions = {}): PointLoss => {
  assertOptions('dirichlet', given, { target: 1, penalty: 1 });
  const { penalty = absolute, ...options } = given;
  return dataTerm(penalty, options, { name: 'dirichlet' });
};

/** The options of {@link neumann}. */
export interface NeumannOptions {
  /** The index of the coordinate along which the derivative is taken, e.g. time; give this or `normal`. */
  readonly axis?: number;
  /** The name of a target with the direction at each point, `f32[n, d]`. */
  readonly normal?: string;
  /** The prescribed derivative, `f32[n, o]`; zero if absent. */
  readonly target?: string;
  /** Absolute if absent, as in the SIREN authors' code. */
  readonly penalty?: Penalty;
}

/** The derivative along one coordinate: `f32[n, o]` of `f32[n, d, o]`. */
export const partialAlong = (loss: string, gradient: Tensor3D, axis: number): Tensor2D => {
  const [n, d, outFeatures] = gradient.shape;
  if (axis >= d) throw new RangeError(`${loss}: axis must be one of ${d} coordinates, got ${axis}`);
  return reshape(slice(gradient, [0, axis, 0], [n, 1, outFeatures]), [n, outFeatures]);
};

/**
 * Penalises the difference to a prescribed derivative: |d Phi / d nu (x) - g(x)| at points of the boundary, averaged
 * over points and outputs. The direction nu is a coordinate axis, or the vector given by a target, which is not
 * normalised.
 *
 * @throws RangeError when neither or both of `axis` and `normal` are given; when evaluated, if a target is absent or
 *   its width is wrong
 */
export const neumann = (options: NeumannOptions): JetLoss<{ readonly gradient: true }> => {
  assertOptions('neumann', options, { axis: 1, normal: 1, target: 1, penalty: 1 });

  const { axis, normal, target, penalty = absolute } = options;
  if ((axis === undefined) === (normal === undefined))
    throw new RangeError(`neumann: give either axis or normal, got ${axis === undefined ? 'neither' : 'both'}`);
  if (axis !== undefined) assertCount('neumann: axis', axis, 0);
  return jetLoss('neumann', { gradient: true }, ({ value, gradient }, { targets }) => {
    const [n, d] = gradient.shape;
    const along = (): Tensor2D => {
      if (normal === undefined) return partialAlong('neumann', gradient, axis as number);
      const direction = findTarget('neumann', normal, targets, { widths: [d], as: 'as the coordinates' });
      return sum(mul(gradient, reshape(direction, [n, d, 1])), 1);
    };
    return penalise(
      penalty,
      target === undefined ? along() : sub(along(), findValueTarget('neumann', target, targets, value)),
    );
  });
};
