/** @file Parameters that belong to no network: latent codes, coefficients of an equation. */

import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { ParameterLayout } from '../params/layout.ts';
import { disposeVariables } from '../params/ownership.ts';
import { createVariables, type InitialValues } from '../params/variables.ts';
import type { Rng } from '../random.ts';

/** One parameter of a {@link ParameterSet}. */
export interface ParameterSetEntry {
  readonly shape: readonly number[];
  /** Parameters of one group are trained alike; `parameters` if absent. */
  readonly group?: string;
  /** Makes the initial values, row-major; zeros if absent. */
  initialise?(rng: Rng): Float32Array;
}

/** Parameters by name. It owns its variables until {@link ParameterSet.dispose}. */
export class ParameterSet {
  readonly layout: ParameterLayout;
  readonly parameters: Readonly<Record<string, Variable>>;

  /** Use {@link createParameters}. */
  constructor(layout: ParameterLayout, parameters: Readonly<Record<string, Variable>>) {
    this.layout = layout;
    this.parameters = parameters;
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    disposeVariables(this.parameters);
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/**
 * Makes parameters that belong to no network, e.g. `createParameters({ codes: { shape: [100, 16], initialise: normal }
 * }, { seed: 0 })`.
 *
 * @throws RangeError when there is no parameter, when a shape is not a list of positive integers, or when given values
 *   do not fit
 */
export const createParameters = (
  entries: Readonly<Record<string, ParameterSetEntry>>,
  values: InitialValues,
): ParameterSet => {
  const all = Object.entries(entries);
  if (all.length === 0) throw new RangeError('createParameters: needs at least one parameter, got none');
  const layout = new ParameterLayout(
    all.map(([role, { shape, group = 'parameters', initialise = () => new Float32Array(sizeOf(shape)) }]) => {
      if (!(Array.isArray(shape) && shape.every(length => Number.isSafeInteger(length) && length >= 1)))
        throw new RangeError(
          `createParameters: the shape of '${role}' must be positive integers, got ${JSON.stringify(shape)}`,
        );
      return { layer: '', role, group, shape: [...shape], initialise };
    }),
  );
  return new ParameterSet(layout, createVariables('createParameters', layout, values));
};

/** A set of parameters bound to current values. */
export interface BoundParameters {
  /** One parameter in its shape. @throws RangeError when there is no such parameter */
  tensor(name: string): Tensor;
}
