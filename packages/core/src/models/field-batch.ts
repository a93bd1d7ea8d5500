/** @file Batches of fields of one spec, evaluated and trained at once. */
import { reshape, slice, type Tensor, type Tensor3D, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { BatchCoords } from '../evaluate/batch-evaluation.ts';
import { evaluateBatchNetwork } from '../evaluate/evaluate.ts';
import { createField, type Field } from '../field.ts';
import { invalidSpec, pickArrays, readSpec } from '../files/field-data.ts';
import { decodeModelData, encodeModelData, type ModelData } from '../files/field-file.ts';
import { FieldFileError } from '../files/field-file-error.ts';
import type { Jet } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import type { Model, ModelDescription } from '../model.ts';
import { assertOptions } from '../options.ts';
import type { ParameterLayout, ParameterQuery } from '../params/layout.ts';
import { assertNotDisposed, disposeVariables } from '../params/ownership.ts';
import { createVariables, type InitialValues, readVariables } from '../params/variables.ts';
import { type BatchNetwork, batchNetworkOf } from '../spec/batch-network.ts';
import { noExtensions } from '../spec/extensions.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import { networkOf } from '../spec/network.ts';
import { parseSpec } from '../spec/spec.ts';

/** The number of fields, and the parameters that they do not share. */
export interface FieldBatchSize {
  /** b */
  readonly count: number;
  /**
   * The parameters that each field has separately, e.g. `[{ role: 'latent' }]`; the others are shared. All if absent.
   */
  readonly own?: readonly ParameterQuery[];
}

/** The description of a batch of fields in a checkpoint. */
export interface FieldBatchDescription extends ModelDescription, FieldBatchSize {
  readonly kind: 'field-batch';
  readonly spec: FieldSpec;
}

/**
 * b fields of one spec. A parameter that they do not share is one variable with a leading axis b, `[b, ...shape]`; a
 * shared one has the shape of the spec. It owns its variables until {@link FieldBatch.dispose}.
 */
export class FieldBatch implements Model {
  readonly spec: FieldSpec;
  readonly extensions: Extensions;
  /** b */
  readonly count: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The names, shapes and offsets of the parameters. */
  readonly layout: ParameterLayout;
  /** By name, in order, e.g. `layers.0.weight` f32[b, inFeatures, outFeatures]. */
  readonly parameters: Readonly<Record<string, Variable>>;
  readonly #own: readonly ParameterQuery[] | undefined;
  readonly #network: BatchNetwork;

  /** Use {@link createFieldBatch}. */
  constructor(network: BatchNetwork, parameters: Readonly<Record<string, Variable>>, options: FieldBatchParts) {
    this.spec = options.spec;
    this.extensions = options.extensions;
    this.parameters = parameters;
    this.#own = options.own;
    this.#network = network;
    this.count = network.count;
    this.layout = network.layout;
    this.inFeatures = network.program.inFeatures;
    this.outFeatures = network.program.outFeatures;
  }

  get description(): FieldBatchDescription {
    return { kind: 'field-batch', spec: this.spec, count: this.count, ...(this.#own && { own: this.#own }) };
  }

  /** Its only view: the batch itself. */
  get views(): Model['views'] {
    return { fields: { network: this.#network } };
  }

  /**
   * The value and the requested derivatives of all fields: as for one field, with b n rows ordered field by field.
   *
   * @param coords `f32[n, inFeatures]` shared by all fields, or separate ones, `f32[b, n, inFeatures]`
   */
  jet<const R extends DerivativeRequest>(coords: BatchCoords, request: R): Jet<R> {
    assertNotDisposed('evaluate', this.parameters);
    return evaluateBatchNetwork(this.#network, Object.values(this.parameters), coords, request);
  }

  /** The values of all fields: `f32[b, n, outFeatures]`. Coordinates as for {@link FieldBatch.jet}. */
  evaluate(coords: BatchCoords): Tensor3D {
    return tidy(() => reshape(this.jet(coords, {}).value, [this.count, coords.shape.at(-2)!, this.outFeatures]));
  }

  /**
   * One field, with copies of its parameters, which the caller disposes of.
   *
   * @throws RangeError when the index is out of range
   */
  field(index: number): Field {
    if (!(Number.isInteger(index) && index >= 0 && index < this.count))
      throw new RangeError(
        `field batch: the index must be an integer from 0 to ${this.count - 1}, got ${String(index)}`,
      );
    const { single, isOwn } = this.#network;
    const parts = single.layout.entries.map(({ name, shape }, place): [string, Tensor] => {
      const variable = this.parameters[name] as Variable;
      if (!isOwn[place]) return [name, variable.clone()];
      return [name, tidy(() => reshape(slice(variable, [index, ...shape.map(() => 0)], [1, ...shape]), [...shape]))];
    });
    try {
      return createField(this.spec, { parameters: Object.fromEntries(parts), extensions: this.extensions });
    } finally {
      for (const [, part] of parts) part.dispose();
    }
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    disposeVariables(this.parameters);
  }
}

/** The parts of a batch besides its network. */
interface FieldBatchParts {
  readonly spec: FieldSpec;
  readonly extensions: Extensions;
  readonly own?: readonly ParameterQuery[];
}

/** The options of {@link createFieldBatch}. */
export type FieldBatchOptions = FieldBatchSize & { readonly extensions?: Extensions } & InitialValues;

/**
 * Makes a batch of fields of one spec, which are evaluated and trained at once:
 *
 *     const fields = createFieldBatch(siren({ inFeatures: 2, outFeatures: 3 }), { count: 1024, seed: 0 });
 *     for await (const { fieldLosses } of fit(fields, [term({ points, loss: mse })], { steps: 500 })) ...
 *
 * @throws TypeError or RangeError when the spec, the count or a query is wrong, or when given parameters are missing,
 *   unknown or of the wrong size
 */
export const createFieldBatch = (spec: FieldSpec, options: FieldBatchOptions): FieldBatch => {
  assertOptions('createFieldBatch', options, { count: 1, own: 1, extensions: 1, seed: 1, parameters: 1 });

  const { extensions = noExtensions, count, own } = options;
  const checked = parseSpec(spec, extensions);
  const network = batchNetworkOf(networkOf(checked, extensions), count, own);
  const variables = createVariables('createFieldBatch', network.layout, options);
  return new FieldBatch(network, variables, { spec: checked, extensions, ...(own && { own: structuredClone(own) }) });
};

/**
 * Writes a batch of fields as a safetensors file with its description in the metadata.
 *
 * @param metadata free text by key
 */
export const encodeFieldBatch = async (
  batch: FieldBatch,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  const description = batch.description as object as ModelData['description'];
  return encodeModelData({ description, parameters: await readVariables(batch.parameters) }, { metadata });
};

/**
 * Reads a batch of fields from a file that {@link encodeFieldBatch} wrote, or from a checkpoint. The caller disposes of
 * it.
 *
 * @throws SafetensorsError when the file is damaged or of another format, FieldFileError when it holds no batch of
 *   fields
 */
export const decodeFieldBatch = (bytes: Uint8Array, extensions: Extensions = noExtensions): FieldBatch => {
  const { description, parameters } = decodeModelData(bytes);
  const { kind, spec, count, own } = description as Partial<FieldBatchDescription>;
  if (kind !== 'field-batch')
    throw new FieldFileError('invalid-spec', `the model must be a batch of fields, got '${String(kind).slice(0, 40)}'`);
  const checked = readSpec(spec, extensions);
  const size = { count: count as number, ...(own && { own }) };
  const layout = sizedLayout(checked, size, extensions);
  const arrays = [...pickArrays(layout, parameters)].map(([name, { data }]) => [name, data] as const);
  return createFieldBatch(checked, { ...size, extensions, parameters: Object.fromEntries(arrays) });
};

/** The layout that a file describes. @throws FieldFileError when its count or queries are invalid */
const sizedLayout = (spec: FieldSpec, { count, own }: FieldBatchSize, extensions: Extensions): ParameterLayout => {
  try {
    return batchNetworkOf(networkOf(spec, extensions), count, own).layout;
  } catch (cause) {
    throw invalidSpec(cause);
  }
};
