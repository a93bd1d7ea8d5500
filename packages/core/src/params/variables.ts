/** @file The values of a layout's parameters as tfjs variables. */
import {
  clone,
  engine,
  keep,
  reshape,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { HOW_TO_GET_A_BACKEND } from '../backend/advice.ts';
import { createRng } from '../random.ts';
import type { ParameterLayout } from './layout.ts';

/** A seed for initial values, or the values themselves. */
export type InitialValues =
  | { readonly seed: number }
  | {
      /** Row-major values or tensors by name; copied, the caller keeps ownership. */
      readonly parameters: Readonly<Record<string, Float32Array | Tensor>>;
    };

/**
 * Makes the variables of a layout, by name and in order. The caller disposes of them.
 *
 * @param what names the caller in errors
 * @throws Error when no package of a backend was imported
 * @throws RangeError when given parameters are missing, unknown or of the wrong size
 */
export const createVariables = (
  what: string,
  layout: ParameterLayout,
  values: InitialValues,
): Readonly<Record<string, Variable>> => {
  if (Object.keys(engine().registryFactory).length === 0)
    throw new Error(`${what}: TensorFlow.js has no backend; ${HOW_TO_GET_A_BACKEND}`);
  const given = 'parameters' in values ? values.parameters : undefined;
  const rng = 'seed' in values ? createRng(values.seed) : undefined;
  for (const name of Object.keys(given ?? {}))
    if (!layout.has(name)) throw new RangeError(`${what}: unknown parameter '${name}'`);
  const initial = layout.entries.map(({ name, shape, size, initialise }) => {
    const value = given ? given[name] : initialise((rng as NonNullable<typeof rng>).fork(name));
    if (value === undefined) throw new RangeError(`${what}: parameter '${name}' is missing`);
    const count = value instanceof Float32Array ? value.length : value.size;
    if (count !== size)
      throw new RangeError(`${what}: parameter '${name}' must be [${shape.join(', ')}], got ${count} values`);
    return { name, shape: [...shape], value };
  });
  const variables = initial.map(({ name, shape, value }): [string, Variable] => {
    // A variable must not share the caller's array or tensor.
    const copy = tidy(() =>
      value instanceof Float32Array ? tensor(value.slice(), shape) : clone(reshape(value, shape)),
    );
    const result = variable(keep(copy));
    copy.dispose();
    return [name, result];
  });
  return Object.fromEntries(variables);
};

/** The values of variables by name, read from the device. */
export const readVariables = async (
  variables: Readonly<Record<string, Variable>>,
): Promise<Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>> => {
  const read = Object.entries(variables).map(
    async ([name, variable]) =>
      [name, { shape: variable.shape, data: Float32Array.from(await variable.data()) }] as const,
  );
  return new Map(await Promise.all(read));
};
