/**
 * @file A field is a spec plus parameters. The spec is frozen data that survives JSON: it names the layers in order.
 *   What a name means is found in a list of definitions: the core ones, and those that the caller hands over as
 *   `extensions`. There is no global registry.
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
 * Checks data that should be a spec (from a file, say) and returns it as a frozen copy.
 *
 * @throws TypeError when the shape of the data is wrong, RangeError when a value in it is
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

/** The names, shapes and places of a field's parameters, e.g. `layers.0.weight [inFeatures, outFeatures]`. */
export const parameterLayout = (spec: FieldSpec, extensions: Extensions = noExtensions): ParameterLayout =>
  networkOf(spec, extensions).layout;
