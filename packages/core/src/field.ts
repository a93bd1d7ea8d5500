/** @file The owner of a field's parameters. */
import { clone, keep, reshape, type Tensor, type Tensor2D, tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';
import { evaluateNetwork } from './evaluate/evaluate.ts';
import type { Jet, JetSource } from './jets/jet.ts';
import type { DerivativeRequest } from './jets/request.ts';
import type { ParameterLayout } from './params/layout.ts';
import { createRng } from './random.ts';
import { noExtensions } from './spec/extensions.ts';
import type { FieldSpec } from './spec/field-spec.ts';
import type { Extensions } from './spec/layer.ts';
import { type Network, networkOf } from './spec/network.ts';
import { parseSpec } from './spec/spec.ts';

/** A spec with parameters that can be learned. It owns its variables until {@link Field.dispose}. */
export class Field implements JetSource {
  readonly spec: FieldSpec;
  readonly extensions: Extensions;
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The names, shapes and places of the parameters. */
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

  /** The number of learned numbers. */
  get parameterCount(): number {
    return this.layout.size;
  }

  /** The value and the requested derivatives at `coords` f32[n, inFeatures]; see `evaluateJet`. */
  jet<const R extends DerivativeRequest>(coords: Tensor2D, request: R): Jet<R> {
    return evaluateNetwork(this.#network, Object.values(this.parameters), coords, request);
  }

  /** The value at `coords` f32[n, inFeatures]: f32[n, outFeatures]. */
  evaluate(coords: Tensor2D): Tensor2D {
    return this.jet(coords, {}).value;
  }

  /** Frees the parameters. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
  }
}

/** The options of {@link createField}: a seed for initial values, or the values themselves. */
export type FieldOptions = { readonly extensions?: Extensions } & (
  | { readonly seed: number }
  | {
      /** Row-major numbers or tensors (copied, the caller keeps them) by name. */
      readonly parameters: Readonly<Record<string, Float32Array | Tensor>>;
    }
);

/**
 * Makes a field.
 *
 * @param spec from `siren`, `mlp`, or written by hand; it is checked, copied and frozen
 * @throws TypeError or RangeError when the spec is wrong, or when given parameters are missing, unknown or of the wrong size
 */
export const createField = (spec: FieldSpec, options: FieldOptions): Field => {
  const { extensions = noExtensions } = options;
  const checked = parseSpec(spec, extensions);
  const { layout } = networkOf(checked, extensions);
  const given = 'parameters' in options ? options.parameters : undefined;
  const rng = 'seed' in options ? createRng(options.seed) : undefined;
  for (const name of Object.keys(given ?? {}))
    if (!layout.has(name)) throw new RangeError(`createField: unknown parameter '${name}'`);
  const values = layout.entries.map(({ name, shape, size, initialise }) => {
    const value = given ? given[name] : initialise((rng as NonNullable<typeof rng>).fork(name));
    if (value === undefined) throw new RangeError(`createField: parameter '${name}' is missing`);
    const count = value instanceof Float32Array ? value.length : value.size;
    if (count !== size)
      throw new RangeError(`createField: parameter '${name}' must be [${shape.join(', ')}], got ${count} numbers`);
    return { name, shape: [...shape], value };
  });
  const variables = values.map(({ name, shape, value }): [string, Variable] => {
    // A copy: a variable must not share the caller's array or tensor.
    const initial = tidy(() => (value instanceof Float32Array ? tensor(value.slice(), shape) : clone(reshape(value, shape))));
    const result = variable(keep(initial));
    initial.dispose();
    return [name, result];
  });
  return new Field(checked, Object.fromEntries(variables), extensions);
};
