/**
 * @file A field is a spec plus parameters. The spec is frozen, JSON-serialisable data that lists the layers in order.
 *   The kinds that it names are looked up among core's definitions and those that the caller passes as `extensions`.
 *   There is no global registry.
 */
import type { ParameterLayout } from '../params/layout.ts';
import { noExtensions } from './extensions.ts';
import type { FieldSpec } from './field-spec.ts';
import type { Extensions } from './layer.ts';
import { networkOf, rememberNetwork } from './network.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
};

/**
 * Validates data that should be a spec (from a file, for example) and returns a frozen copy.
 *
 * @throws TypeError when the structure of the data is wrong, RangeError when a value is out of range
 */
export const parseSpec = (json: unknown, extensions: Extensions = noExtensions): FieldSpec => {
  if (!isObject(json))
    throw new TypeError(`field spec: must be an object with inFeatures and layers, got ${JSON.stringify(json)}`);
  const copy = freeze(
    JSON.parse(JSON.stringify({ inFeatures: json['inFeatures'], layers: json['layers'] })) as FieldSpec,
  );
  rememberNetwork(copy, extensions, networkOf(copy, extensions));
  return copy;
};

/** The number of values that a field returns for each point. */
export const outFeatures = (spec: FieldSpec, extensions: Extensions = noExtensions): number =>
  networkOf(spec, extensions).program.outFeatures;

/** The names, shapes and offsets of a field's parameters, e.g. `layers.0.weight [inFeatures, outFeatures]`. */
export const parameterLayout = (spec: FieldSpec, extensions: Extensions = noExtensions): ParameterLayout =>
  networkOf(spec, extensions).layout;
