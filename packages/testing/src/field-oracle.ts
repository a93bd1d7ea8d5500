/**
 * @file The float64 oracle of a whole field: its value, gradient and Hessian at a point by Taylor arithmetic in the
 *   coordinates.
 */

import { activate, type OracleActivation } from './activation-oracle.ts';
import { centralDifference } from './central-difference.ts';
import { type Side, type TaylorNumber, taylorAlgebra } from './taylor.ts';

/** A field of dense layers, as data. A layer without an activation is linear; one without `bias: false` has a bias. */
export interface OracleField {
  readonly inFeatures: number;
  readonly layers: readonly {
    readonly kind: string;
    readonly outFeatures: number;
    readonly activation?: OracleActivation;
    readonly bias?: boolean;
  }[];
}

/**
 * Parameters by name: `layers.0.weight` row-major `[inFeatures, outFeatures]` (z = h W + b), `layers.0.bias`
 * `[outFeatures]`, and learned parameters of an activation, `layers.0.activation.omega` `[1]`.
 */
export type OracleParameters = Readonly<Record<string, ArrayLike<number>>>;

/** The exact derivatives of a field at one point, with d coordinates and o outputs. */
export interface OracleJet {
  /** `[o]` */
  readonly value: readonly number[];
  /** `[d][o]` */
  readonly gradient: readonly (readonly number[])[];
  /** `[d][d][o]` */
  readonly hessian: readonly (readonly (readonly number[])[])[];
}

const parameterOf = (parameters: OracleParameters, name: string, length: number): ArrayLike<number> => {
  const values = parameters[name];
  if (values?.length !== length)
    throw new RangeError(
      `field oracle: ${name} must have ${length} values, got ${values === undefined ? 'none' : values.length}`,
    );
  return values;
};

/**
 * A field's value, gradient and Hessian at a point.
 *
 * @param point `[inFeatures]`
 * @param options `side`: the side from which kinks at a pre-activation of exactly 0 are approached
 * @throws RangeError for a layer that is not dense, and for parameters that are missing or of the wrong length
 */
export const fieldJet = (
  field: OracleField,
  parameters: OracleParameters,
  point: ArrayLike<number>,
  { side = 1 }: { side?: Side } = {},
): OracleJet => {
  const d = field.inFeatures;
  if (point.length !== d) throw new RangeError(`field oracle: point must have ${d} coordinates, got ${point.length}`);
  const t = taylorAlgebra(d, 2);
  let features: TaylorNumber[] = Array.from({ length: d }, (_, k) => t.variable(k, point[k] as number));
  for (const [index, { kind, outFeatures, activation, bias = true }] of field.layers.entries()) {
    if (kind !== 'dense') throw new RangeError(`field oracle: layer ${index} must be dense, got '${kind}'`);
    const weight = parameterOf(parameters, `layers.${index}.weight`, features.length * outFeatures);
    const offset = bias ? parameterOf(parameters, `layers.${index}.bias`, outFeatures) : [];
    const preActivations = Array.from({ length: outFeatures }, (_, o) =>
      features.reduce(
        (sum, feature, i) => t.add(sum, t.scale(feature, weight[i * outFeatures + o] as number)),
        t.constant(offset[o] ?? 0),
      ),
    );
    const learned = (name: string): TaylorNumber | undefined => {
      const values = parameters[`layers.${index}.activation.${name}`];
      return values && t.constant(values[0] as number);
    };
    features = activation
      ? preActivations.map(z => activate(t, activation, z, { side, parameters: learned }))
      : preActivations;
  }
  const orders = (...axes: number[]): number[] =>
    Array.from({ length: d }, (_, k) => axes.filter(axis => axis === k).length);
  const axes = Array.from({ length: d }, (_, k) => k);
  return {
    value: features.map(f => t.value(f)),
    gradient: axes.map(k => features.map(f => t.derivative(f, orders(k)))),
    hessian: axes.map(k => axes.map(l => features.map(f => t.derivative(f, orders(k, l))))),
  };
};

/**
 * The gradient of any loss on a field's jets with respect to every parameter, by central differences of order 8 in
 * float64.
 *
 * The error of the differences is (k step)^8 / 630 of the result if a parameter acts with frequency k, and about 1e-16
 * / step of the loss from rounding: with the default step both are below 1e-10 up to k = 100.
 *
 * @param points each `[inFeatures]`
 * @param loss of the jets at the points, e.g. `jets => mean(jets.map(({ value }) => value[0] ** 2))`
 * @returns the gradient by parameter name, each of its parameter's length
 */
export const parameterGradient = (
  field: OracleField,
  parameters: OracleParameters,
  points: readonly ArrayLike<number>[],
  loss: (jets: readonly OracleJet[]) => number,
  { step = 5e-4 }: { step?: number } = {},
): Record<string, Float64Array> => {
  const copies: Record<string, Float64Array> = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, Float64Array.from(values)]),
  );
  const lossNow = (): number => loss(points.map(point => fieldJet(field, copies, point)));
  return Object.fromEntries(
    Object.entries(copies).map(([name, values]) => [
      name,
      Float64Array.from(values, (_, i) => centralDifference(values, i, { step, of: lossNow })),
    ]),
  );
};
