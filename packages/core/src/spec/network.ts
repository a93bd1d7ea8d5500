/**
 * @file Builds the network of a spec: the layers are applied once to a signal that represents the coordinates, which
 *   records the operations, the layout of the parameters, and each layer's output.
 */
import { assertCount } from '../assert-number.ts';
import type { ComputedArray, ParameterArray } from '../ops/arrays.ts';
import type { Program, Register } from '../ops/operation.ts';
import { withParameters } from '../ops/parameters.ts';
import { type ParameterDeclaration, ParameterLayout } from '../params/layout.ts';
import { batchNorm } from './batch-norm.ts';
import { combinators } from './combinators.ts';
import { dense } from './dense.ts';
import { findDefinition, noExtensions } from './extensions.ts';
import type { FieldSpec } from './field-spec.ts';
import { type Extensions, type LayerDefinition, type LayerSpec, layerPath, type ParameterOptions } from './layer.ts';
import { constant, Recording, Signal } from './signal.ts';

/** One layer of a network. */
export interface NetworkLayer {
  readonly spec: LayerSpec;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The register of its output. */
  readonly output: Register;
}

/** The network of a spec. */
export interface Network {
  readonly program: Program;
  readonly layout: ParameterLayout;
  /** Arrays that are computed from the parameters, in order; they follow those of the layout. */
  readonly computed: readonly ComputedArray[];
  /** The layers that the spec lists, in order. */
  readonly layers: readonly NetworkLayer[];
  /** Statistics over the points of a batch, in the order in which they are computed. */
  readonly statistics: readonly Statistic[];
  /**
   * For each operation, the path of the layer whose operation it is: the innermost one with a spec of its own in the
   * network's spec.
   */
  readonly owners: readonly string[];
  /** The layers with a spec of their own, also those within others, by path. */
  readonly placed: ReadonlyMap<string, PlacedLayer>;
}

/** A layer with its place. */
export interface PlacedLayer {
  readonly spec: LayerSpec;
  readonly inFeatures: number;
}

/** The mean and the variance of some features over the points of a batch. */
export interface Statistic {
  /** The register of the features, and their number. */
  readonly of: Register;
  readonly features: number;
  /** The running averages. */
  readonly mean: ParameterArray;
  readonly variance: ParameterArray;
  /** The weight of a step's statistics in the running averages. */
  readonly momentum: number;
}

const coreLayers: readonly LayerDefinition[] = [dense, batchNorm, ...combinators];

/** The definition of a kind of layer. @throws RangeError that lists the known kinds */
export const layerDefinition = (kind: string, extensions: Extensions = noExtensions): LayerDefinition =>
  findDefinition('layer', kind, [...(extensions.layers ?? []), ...coreLayers]);

/** What a spec has at a path, e.g. `layers.0.branches.1`. */
const valueAt = (spec: FieldSpec, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? value[key as keyof typeof value]
          : undefined,
      spec,
    );

/** Applies layers, and collects what they declare. */
class Builder {
  readonly recording = new Recording();
  readonly declarations: ParameterDeclaration[] = [];
  readonly statistics: Statistic[] = [];
  /** Their indices are negative until all parameters are declared. */
  readonly computed: ComputedArray[] = [];
  readonly placed = new Map<string, PlacedLayer>();
  readonly #spec: FieldSpec;
  readonly #extensions: Extensions;
  #size = 0;

  constructor(spec: FieldSpec, extensions: Extensions) {
    this.#spec = spec;
    this.#extensions = extensions;
  }

  #declare(layer: string, role: string, options: ParameterOptions): ParameterArray {
    const { shape, group = 'network', trained = true, initialise } = options;
    const offset = this.#size;
    this.#size += shape.reduce((product, length) => product * length, 1);
    const index = this.declarations.push({ layer, role, group, trained, shape, initialise }) - 1;
    return { kind: 'parameter', index, offset, shape };
  }

  #compute(shape: readonly number[], from: ComputedArray['from'], make: ComputedArray['make']): ParameterArray {
    const index = -1 - this.computed.length;
    const array: ComputedArray = { kind: 'parameter', index, offset: 0, shape, from, make };
    this.computed.push(array);
    return array;
  }

  #statistics(
    path: string,
    role: string,
    of: Signal,
    momentum: number,
  ): { readonly mean: Signal; readonly variance: Signal } {
    const { features, register } = of;
    const declare = (name: string, start: number): ParameterArray =>
      this.#declare(path, `${role}.${name}`, {
        shape: [features],
        group: 'statistics',
        trained: false,
        initialise: () => new Float32Array(features).fill(start),
      });
    const [mean, variance] = [declare('mean', 0), declare('variance', 1)];
    this.statistics.push({ of: register, features, mean, variance, momentum });
    return { mean: constant(of, mean), variance: constant(of, variance) };
  }

  apply(spec: LayerSpec, path: string, input: Signal): Signal {
    if (typeof spec?.kind !== 'string')
      throw new TypeError(
        `field spec: layer ${describePath(path)} must be an object with a kind, got ${JSON.stringify(spec)}`,
      );
    const extensions = this.#extensions;
    const definition = layerDefinition(spec.kind, extensions);
    definition.assertSpec?.(spec, { inFeatures: input.features, extensions });
    const outer = this.recording.owner;
    if (valueAt(this.#spec, path) === spec) {
      this.placed.set(path, { spec, inFeatures: input.features });
      this.recording.owner = path;
    }
    const output = definition.apply(input, {
      spec,
      extensions,
      parameter: (role, options) => this.#declare(path, role, options),
      computed: (shape, from, make) => this.#compute(shape, from, make),
      statistics: (role, of, momentum) => this.#statistics(path, role, of, momentum),
      layer: (inner, within, signal) => this.apply(inner, `${path}.${within}`, signal),
    });
    this.recording.owner = outer;
    assertCount(`field spec: outFeatures of layer ${describePath(path)} (${spec.kind})`, output.features);
    return output;
  }
}

/** `0` for the path `layers.0`. */
const describePath = (path: string): string => path.replace(/^layers\.(\d+)$/, '$1');

/** The part of a network up to a register of so many features. */
export const prefixOf = (network: Network, output: Register, outFeatures: number): Network => ({
  ...network,
  program: { ...network.program, output, outFeatures },
  statistics: [],
});

/** Computed arrays behind the parameters of a layout. */
const placeComputed = (arrays: readonly ComputedArray[], layout: ParameterLayout): readonly ComputedArray[] => {
  let offset = layout.size;
  const placed: ComputedArray[] = [];
  for (const array of arrays) {
    const from = array.from.map(other => (other.index < 0 ? (placed[-1 - other.index] as ComputedArray) : other));
    placed.push({ ...array, index: layout.entries.length + placed.length, offset, from });
    offset += array.shape.reduce((product, length) => product * length, 1);
  }
  return placed;
};

const build = (spec: FieldSpec, extensions: Extensions): Network => {
  assertCount('field spec: inFeatures', spec.inFeatures);
  if (!Array.isArray(spec.layers) || spec.layers.length === 0)
    throw new TypeError('field spec: layers must be a list of at least one layer');
  const builder = new Builder(spec, extensions);
  const { recording } = builder;
  let signal = new Signal(recording, 0, spec.inFeatures);
  const layers = spec.layers.map((layer, index): NetworkLayer => {
    const inFeatures = signal.features;
    signal = builder.apply(layer, layerPath(index), signal);
    return { spec: layer, inFeatures, outFeatures: signal.features, output: signal.register };
  });
  const layout = new ParameterLayout(builder.declarations);
  const computed = placeComputed(builder.computed, layout);
  const place = (array: ParameterArray): ParameterArray =>
    array.index < 0 ? (computed[-1 - array.index] as ComputedArray) : array;
  const program: Program = {
    inFeatures: spec.inFeatures,
    outFeatures: signal.features,
    operations:
      computed.length === 0
        ? recording.operations
        : recording.operations.map(operation => withParameters(operation, place)),
    output: signal.register,
  };
  const { owners } = recording;
  const { statistics, placed } = builder;
  return { program, layout, computed, layers, statistics, owners, placed };
};

/** The networks of specs that `parseSpec` has frozen, for each extensions object. */
const known = new WeakMap<FieldSpec, WeakMap<Extensions, Network>>();

/**
 * The network of a spec: its operations, and the layout of its parameters.
 *
 * @throws RangeError or TypeError when a layer is unknown or its spec is invalid
 */
export const networkOf = (spec: FieldSpec, extensions: Extensions = noExtensions): Network => {
  const networks = known.get(spec);
  const network = networks?.get(extensions) ?? build(spec, extensions);
  networks?.set(extensions, network);
  return network;
};

/** Caches the network of a spec that will not change. */
export const rememberNetwork = (spec: FieldSpec, extensions: Extensions, network: Network): void => {
  known.set(spec, new WeakMap([[extensions, network]]));
};
