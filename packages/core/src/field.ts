/** @file Fields, which own their parameters. */
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { evaluateNetwork } from './evaluate/evaluate.ts';
import type { Jet, JetSource } from './jets/jet.ts';
import type { DerivativeRequest } from './jets/request.ts';
import type { Model, ModelDescription } from './model.ts';
import { assertOptions } from './options.ts';
import type { ParameterLayout } from './params/layout.ts';
import { assertNotDisposed, disposeVariables } from './params/ownership.ts';
import { createVariables, type InitialValues } from './params/variables.ts';
import { noExtensions } from './spec/extensions.ts';
import type { FieldSpec } from './spec/field-spec.ts';
import type { Extensions } from './spec/layer.ts';
import { type Network, networkOf } from './spec/network.ts';
import { parseSpec } from './spec/spec.ts';

/** The description of a field in a checkpoint. */
export interface FieldDescription extends ModelDescription {
  readonly kind: 'field';
  readonly spec: FieldSpec;
}

/** A spec with its trainable parameters. It owns its variables until {@link Field.dispose}. */
export class Field implements JetSource, Model {
  readonly spec: FieldSpec;
  readonly extensions: Extensions;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The names, shapes and offsets of the parameters. */
  readonly layout: ParameterLayout;
  /** By name, in order, e.g. `layers.0.weight` f32[inFeatures, outFeatures]. */
  readonly parameters: Readonly<Record<string, Variable>>;
  readonly #network: Network;

  /** Use {@link createField}. */
  constructor(spec: FieldSpec, parameters: Readonly<Record<string, Variable>>, extensions: Extensions) {
    this.spec = spec;
    this.parameters = parameters;
    this.extensions = extensions;
    this.#network = networkOf(spec, extensions);
    this.inFeatures = spec.inFeatures;
    this.outFeatures = this.#network.program.outFeatures;
    this.layout = this.#network.layout;
  }

  /** The number of scalar parameters. */
  get parameterCount(): number {
    return this.layout.size;
  }

  /** The field's description in a checkpoint. */
  get description(): FieldDescription {
    return { kind: 'field', spec: this.spec };
  }

  /** Its only view: the field itself. */
  get views(): Model['views'] {
    return { field: { network: this.#network } };
  }

  /**
   * The value and the requested derivatives at `coords` f32[n, inFeatures]; see `evaluateJet`.
   *
   * @throws TypeError when the field was disposed
   */
  jet<const R extends DerivativeRequest>(coords: Tensor2D, request: R): Jet<R> {
    assertNotDisposed('evaluate', this.parameters);
    return evaluateNetwork(this.#network, Object.values(this.parameters), coords, request);
  }

  /** The value at `coords` f32[n, inFeatures]: f32[n, outFeatures]. */
  evaluate(coords: Tensor2D): Tensor2D {
    return this.jet(coords, {}).value;
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    disposeVariables(this.parameters);
  }
}

/** The options of {@link createField}: a seed for initial values, or the values themselves. */
export type FieldOptions = { readonly extensions?: Extensions } & InitialValues;

/**
 * Makes a field.
 *
 * @param spec from `siren`, `mlp`, or written by hand; it is validated, copied and frozen
 * @throws TypeError or RangeError when the spec is invalid, or when given parameters are missing, unknown or of the
 *   wrong size
 */
export const createField = (spec: FieldSpec, options: FieldOptions): Field => {
  assertOptions('createField', options, { extensions: 1, seed: 1, parameters: 1 });

  const { extensions = noExtensions } = options;
  const checked = parseSpec(spec, extensions);
  return new Field(checked, createVariables('createField', networkOf(checked, extensions).layout, options), extensions);
};
