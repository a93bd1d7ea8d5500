/** @file A field as plain data, and the check that its parameters are those of its spec. */
import type { Extensions } from '../spec/extensions.ts';
import { type FieldSpec, parameterShapes, parseSpec } from '../spec/spec.ts';
import { FieldFileError } from './field-file-error.ts';
import type { ShapedArray } from './safetensors.ts';

/** A field as plain data: its spec and its parameters, with no tensor and nothing to dispose of. */
export interface FieldData {
  readonly spec: FieldSpec;
  /** By name, in the order of the spec, e.g. `layers.0.weight` f32[inFeatures, outFeatures]. */
  readonly parameters: ReadonlyMap<string, ShapedArray<Float32Array>>;
}

/** The version of the format that is written. A reader refuses later ones. */
export const FIELD_FORMAT_VERSION = 1;

/**
 * The spec that was found in a file.
 *
 * @param version as text
 * @param spec the JSON value
 * @throws FieldFileError `newer-version` or `invalid-spec`
 */
export const readSpec = (version: string | undefined, spec: unknown, extensions: Extensions): FieldSpec => {
  if (version === undefined || !/^[1-9]\d*$/.test(version))
    throw new FieldFileError('invalid-spec', `the version must be a whole number from 1, got ${version ?? 'nothing'}`);
  if (Number(version) > FIELD_FORMAT_VERSION)
    throw new FieldFileError(
      'newer-version',
      `it has version ${version}, this library reads version ${FIELD_FORMAT_VERSION}; a later version of the library reads it`,
    );
  try {
    return parseSpec(spec, extensions);
  } catch (cause) {
    throw new FieldFileError('invalid-spec', cause instanceof Error ? cause.message : String(cause), { cause });
  }
};

const describe = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/**
 * The parameters of a spec, in its order, picked from arrays by name.
 *
 * @throws FieldFileError `missing-parameter`, `wrong-shape` or `unexpected-tensor`
 */
export const pickParameters = (
  spec: FieldSpec,
  arrays: ReadonlyMap<string, ShapedArray>,
  extensions: Extensions,
): Map<string, ShapedArray<Float32Array>> => {
  const shapes = parameterShapes(spec, extensions);
  const parameters = new Map<string, ShapedArray<Float32Array>>();
  for (const { name, shape } of shapes) {
    const found = arrays.get(name);
    if (found === undefined) throw new FieldFileError('missing-parameter', `'${name}' ${describe(shape)} is missing`);
    if (!(found.data instanceof Float32Array))
      throw new FieldFileError('wrong-shape', `'${name}' must hold floats, it holds integers`);
    if (found.shape.length !== shape.length || shape.some((size, axis) => size !== found.shape[axis]))
      throw new FieldFileError('wrong-shape', `'${name}' must be ${describe(shape)}, got ${describe(found.shape)}`);
    parameters.set(name, { shape, data: found.data });
  }
  for (const name of arrays.keys())
    if (!parameters.has(name))
      throw new FieldFileError(
        'unexpected-tensor',
        `'${name}' is not a parameter of the spec; those are ${[...parameters.keys()].join(', ')}`,
      );
  return parameters;
};
