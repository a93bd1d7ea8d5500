/** @file Fields as plain data, and the validation of their parameters against the spec. */

import type { ParameterLayout } from '../params/layout.ts';
import { printable } from '../printable.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import { parameterLayout, parseSpec } from '../spec/spec.ts';
import { FieldFileError } from './field-file-error.ts';
import type { ShapedArray } from './safetensors.ts';

/** A field as plain data: its spec and its parameters, without tensors, so there is nothing to dispose of. */
export interface FieldData {
  readonly spec: FieldSpec;
  /** By name, in the order of the spec, e.g. `layers.0.weight` f32[inFeatures, outFeatures]. */
  readonly parameters: ReadonlyMap<string, ShapedArray<Float32Array>>;
}

/** The version of the format that is written, unless a later one is needed. */
export const FIELD_FORMAT_VERSION = 1;
/** The version of field files with 8-bit parameters, which only they have. */
export const QUANTIZED_FORMAT_VERSION = 2;

/** The maximum nesting depth of a spec. Core's own specs have 3 levels below `layers`. */
const MAX_SPEC_DEPTH = 64;
/** The maximum length of a quoted error message: a message may quote megabytes of a spec. */
const MAX_REASON = 400;

/** Whether the nesting depth of a JSON value is at most `limit`. Not recursive; linear time. */
const isShallow = (value: unknown, limit: number): boolean => {
  const seen = new Set<unknown>();
  let level = [value];
  for (let depth = 0; depth <= limit; depth++) {
    const next: unknown[] = [];
    for (const inner of level)
      if (typeof inner === 'object' && inner !== null)
        for (const child of Object.values(inner)) {
          if (!seen.has(child)) next.push(child);
          if (typeof child === 'object') seen.add(child);
        }
    if (next.length === 0) return true;
    level = next;
  }
  return false;
};

/**
 * @param newest the latest version that the caller reads
 * @throws FieldFileError `newer-version`, or `invalid-spec` when it is not a version
 */
export const assertVersion = (version: string | undefined, newest: number = FIELD_FORMAT_VERSION): void => {
  const shown = version?.slice(0, 20);
  if (version === undefined || !/^[1-9]\d*$/.test(version))
    throw new FieldFileError('invalid-spec', `the version must be an integer >= 1, got ${shown ?? 'nothing'}`);
  if (Number(version) > newest)
    throw new FieldFileError(
      'newer-version',
      `it has version ${shown}, this library reads versions up to ${newest}; a later version of the library reads it`,
    );
};

/** The error of a file whose spec makes no network. @param cause why, e.g. an error of `parseSpec` */
export const invalidSpec = (cause: unknown): FieldFileError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FieldFileError('invalid-spec', printable(reason, MAX_REASON), { cause });
};

/**
 * Parses the spec of a file.
 *
 * @param spec the JSON value
 * @throws FieldFileError `invalid-spec`
 */
export const readSpec = (spec: unknown, extensions: Extensions): FieldSpec => {
  if (!isShallow(spec, MAX_SPEC_DEPTH))
    throw new FieldFileError(
      'invalid-spec',
      `the spec may be nested ${MAX_SPEC_DEPTH} levels deep, this one goes deeper`,
    );
  try {
    return parseSpec(spec, extensions);
  } catch (cause) {
    throw invalidSpec(cause);
  }
};

/** The maximum number of names or sizes in an error message. */
const LISTED = 12;

/** The first few names, for an error message. */
export const listNames = (names: Iterable<string>): string => {
  const all = [...names];
  return `${all
    .slice(0, LISTED)
    .map(name => (name.length > 80 ? `${name.slice(0, 80)}...` : name))
    .join(', ')}${all.length > LISTED ? ', ...' : ''}`;
};

const describe = (shape: readonly number[]): string => `[${listNames(shape.map(String))}]`;

/**
 * Checks that all values of a parameter are finite.
 *
 * @throws FieldFileError `not-finite` with the first index and the count
 */
export const assertFinite = (name: string, data: ArrayLike<number>): void => {
  let count = 0;
  let first = 0;
  for (let i = data.length - 1; i >= 0; i--)
    if (!Number.isFinite(data[i])) {
      count++;
      first = i;
    }
  if (count === 0) return;
  const others = count === 1 ? '' : ` (${count} of its ${data.length} values are not finite)`;
  throw new FieldFileError(
    'not-finite',
    `'${name}' must have finite values, got ${data[first]} at index ${first}${others}`,
  );
};

/**
 * Picks the parameters of a spec from arrays by name, in the spec's order.
 *
 * @throws FieldFileError `missing-parameter`, `wrong-shape` or `unexpected-tensor`
 */
export const pickParameters = (
  spec: FieldSpec,
  arrays: ReadonlyMap<string, ShapedArray>,
  extensions: Extensions,
): Map<string, ShapedArray<Float32Array>> => {
  return pickArrays(parameterLayout(spec, extensions), arrays);
};

/** Picks the parameters of a layout from arrays by name. */
export const pickArrays = (
  { entries }: ParameterLayout,
  arrays: ReadonlyMap<string, ShapedArray>,
): Map<string, ShapedArray<Float32Array>> => {
  const parameters = new Map<string, ShapedArray<Float32Array>>();
  for (const { name, shape } of entries) {
    const found = arrays.get(name);
    if (found === undefined) throw new FieldFileError('missing-parameter', `'${name}' ${describe(shape)} is missing`);
    if (!(found.data instanceof Float32Array))
      throw new FieldFileError('wrong-shape', `'${name}' must have floats, it has integers`);
    if (found.shape.length !== shape.length || shape.some((size, axis) => size !== found.shape[axis]))
      throw new FieldFileError('wrong-shape', `'${name}' must be ${describe(shape)}, got ${describe(found.shape)}`);
    parameters.set(name, { shape, data: found.data });
  }
  for (const name of arrays.keys())
    if (!parameters.has(name))
      throw new FieldFileError(
        'unexpected-tensor',
        `'${listNames([name])}' is not a parameter of the spec; its parameters: ${listNames(parameters.keys())}`,
      );
  return parameters;
};

/**
 * As {@link pickParameters}, for arrays from a file, whose values must be finite.
 *
 * @throws FieldFileError `missing-parameter`, `wrong-shape`, `unexpected-tensor` or `not-finite`
 */
export const readParameters = (
  spec: FieldSpec,
  arrays: ReadonlyMap<string, ShapedArray>,
  extensions: Extensions,
): Map<string, ShapedArray<Float32Array>> => {
  const parameters = pickParameters(spec, arrays, extensions);
  for (const [name, { data }] of parameters) assertFinite(name, data);
  return parameters;
};
