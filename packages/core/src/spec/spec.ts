/**
 * @file A field is a spec plus parameters. The spec is frozen data that survives JSON: it names the layers in order. What a name means is
 * found in a list of definitions: the core ones, and those that the caller hands over as `extensions`. There is no global registry.
 */
import { type DenseSpec, dense } from '../layers/dense.ts';
import type { LayerDefinition, LayerSpec, ParameterDeclaration } from '../layers/layer.ts';
import { type Extensions, findDefinition, noExtensions } from './extensions.ts';

/** A network that maps coordinates to signal values, as data. */
export interface FieldSpec {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** The layers in the order in which they are applied. */
  readonly layers: readonly LayerSpec[];
}

/** One layer of a spec with its definition and its place. */
export interface ResolvedLayer {
  readonly spec: LayerSpec;
  readonly definition: LayerDefinition;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Ordered; their names begin with `layers.<index>.`. */
  readonly parameters: readonly ParameterDeclaration[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const assertCount = (what: string, value: unknown): void => {
  if (!(Number.isInteger(value) && (value as number) >= 1))
    throw new RangeError(`field spec: ${what} must be a positive integer, got ${String(value)}`);
};

/** The layers of specs that cannot change, because `parseSpec` has frozen them, for each extensions object: a fit asks for them in every chunk. */
const known = new WeakMap<FieldSpec, WeakMap<Extensions, readonly ResolvedLayer[]>>();

/**
 * The layers of a spec with their definitions, widths and parameters.
 *
 * @throws RangeError or TypeError when a layer is unknown or its data are wrong
 */
export const resolveLayers = (spec: FieldSpec, extensions: Extensions = noExtensions): readonly ResolvedLayer[] => {
  const resolutions = known.get(spec);
  const resolved = resolutions?.get(extensions) ?? resolveAnew(spec, extensions);
  resolutions?.set(extensions, resolved);
  return resolved;
};

const resolveAnew = (spec: FieldSpec, extensions: Extensions): readonly ResolvedLayer[] => {
  assertCount('inFeatures', spec.inFeatures);
  if (!Array.isArray(spec.layers) || spec.layers.length === 0)
    throw new TypeError('field spec: layers must be a list of at least one layer');
  let inFeatures = spec.inFeatures;
  let previous: LayerSpec | undefined;
  return spec.layers.map((layer, index) => {
    if (typeof layer?.kind !== 'string')
      throw new TypeError(`field spec: layer ${index} must be an object with a kind, got ${JSON.stringify(layer)}`);
    const definition = findDefinition('layer', layer.kind, [...(extensions.layers ?? []), dense]);
    const place = { inFeatures, extensions, ...(previous && { previous }) };
    definition.assertSpec?.(layer, place);
    const outFeatures = definition.outFeatures(layer, inFeatures);
    assertCount(`outFeatures of layer ${index} (${layer.kind})`, outFeatures);
    const parameters = definition
      .parameters(layer, place)
      .map(declaration => ({ ...declaration, name: `layers.${index}.${declaration.name}` }));
    const resolved = { spec: layer, definition, inFeatures, outFeatures, parameters };
    inFeatures = outFeatures;
    previous = layer;
    return resolved;
  });
};

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
  const copy = JSON.parse(JSON.stringify({ inFeatures: json['inFeatures'], layers: json['layers'] })) as FieldSpec;
  const resolved = resolveLayers(copy, extensions);
  known.set(freeze(copy), new WeakMap([[extensions, resolved]]));
  return copy;
};

/** The number of values that a field returns for each point. */
export const outFeatures = (spec: FieldSpec, extensions: Extensions = noExtensions): number =>
  (resolveLayers(spec, extensions).at(-1) as ResolvedLayer).outFeatures;

/** The parameters of a field in order, e.g. `layers.0.weight [inFeatures, outFeatures]`, `layers.0.bias [outFeatures]`. */
export const parameterShapes = (
  spec: FieldSpec,
  extensions: Extensions = noExtensions,
): readonly { name: string; shape: readonly number[] }[] =>
  resolveLayers(spec, extensions).flatMap(layer => layer.parameters.map(({ name, shape }) => ({ name, shape })));

/** True for a layer of kind `dense`. */
export const isDense = (layer: LayerSpec): layer is DenseSpec => layer.kind === 'dense';
