/**
 * @file Layers made of layers, so that networks compose as data: a chain, and combinations of branches with the same
 *   input. The parameters of branch i have the prefix `branches.<i>`, those of layer i of a chain `layers.<i>`.
 */

import { constantArray } from '../ops/arrays.ts';
import { type LayerContext, type LayerDefinition, type LayerPlace, type LayerSpec, layerPath } from './layer.ts';
import {
  sum as add,
  concat as concatSignals,
  constant as constantSignal,
  product as multiply,
  type Signal,
} from './signal.ts';

/** Layers in sequence; an empty chain is the identity. */
export interface ChainSpec extends LayerSpec {
  readonly kind: 'chain';
  readonly layers: readonly LayerSpec[];
}

/** The concatenated features of all branches. */
export interface ConcatSpec extends LayerSpec {
  readonly kind: 'concat';
  readonly branches: readonly LayerSpec[];
}

/** The sum of all branches; a residual connection if one of them is the identity. */
export interface SumSpec extends LayerSpec {
  readonly kind: 'sum';
  readonly branches: readonly LayerSpec[];
  /** One for each branch; all 1 if absent. */
  readonly coefficients?: readonly number[];
}

/** The product of all branches, feature by feature. */
export interface ProductSpec extends LayerSpec {
  readonly kind: 'product';
  readonly branches: readonly LayerSpec[];
}

/** The input as it is. */
export interface IdentityLayerSpec extends LayerSpec {
  readonly kind: 'identity';
}

/** The same features at all points, whatever the input. */
export interface ConstantSpec extends LayerSpec {
  readonly kind: 'constant';
  readonly values: readonly number[];
  /** Whether the values are trained, starting from the given ones; false if absent. */
  readonly learned?: boolean;
}

const assertList = (kind: string, name: string, value: unknown, least: number): void => {
  if (!Array.isArray(value) || value.length < least)
    throw new TypeError(`${kind}: ${name} must be a list of at least ${least}, got ${JSON.stringify(value)}`);
};

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(x => Number.isFinite(x));

const branchesOf = <S extends LayerSpec & { readonly branches: readonly LayerSpec[] }>(
  input: Signal,
  { spec, layer }: LayerContext<S>,
): Signal[] => spec.branches.map((branch, index) => layer(branch, `branches.${index}`, input));

const assertBranches = ({ kind, branches }: LayerSpec & { readonly branches: readonly LayerSpec[] }): void =>
  assertList(kind, 'branches', branches, 1);

export const chain: LayerDefinition<ChainSpec> = {
  kind: 'chain',
  assertSpec: ({ layers }) => assertList('chain', 'layers', layers, 0),
  apply: (input, { spec, layer }) =>
    spec.layers.reduce((signal, next, index) => layer(next, layerPath(index), signal), input),
};

export const concat: LayerDefinition<ConcatSpec> = {
  kind: 'concat',
  assertSpec: assertBranches,
  apply: (input, context) => concatSignals(branchesOf(input, context)),
};

export const sum: LayerDefinition<SumSpec> = {
  kind: 'sum',
  assertSpec(spec) {
    assertBranches(spec);
    if (spec.coefficients !== undefined && !isNumbers(spec.coefficients))
      throw new TypeError(`sum: coefficients must be finite numbers, got ${JSON.stringify(spec.coefficients)}`);
  },
  apply: (input, context) => add(branchesOf(input, context), context.spec.coefficients),
};

export const product: LayerDefinition<ProductSpec> = {
  kind: 'product',
  assertSpec: assertBranches,
  apply: (input, context) => branchesOf(input, context).reduce(multiply),
};

export const identityLayer: LayerDefinition<IdentityLayerSpec> = { kind: 'identity', apply: input => input };

export const constant: LayerDefinition<ConstantSpec> = {
  kind: 'constant',
  assertSpec({ values, learned = false }: ConstantSpec, _place: LayerPlace) {
    assertList('constant', 'values', values, 1);
    if (!isNumbers(values)) throw new TypeError('constant: values must be finite numbers');
    if (typeof learned !== 'boolean')
      throw new TypeError(`constant: learned must be true or false, got ${JSON.stringify(learned)}`);
  },
  apply(input, { spec: { values, learned }, parameter }) {
    const make = (): Float32Array => Float32Array.from(values);
    const shape = [values.length];
    return constantSignal(
      input,
      learned ? parameter('values', { shape, initialise: make }) : constantArray(shape, make),
    );
  },
  keepUnits: (spec, kept) => ({ ...spec, values: kept.map(index => spec.values[index] as number) }),
};

/** All combinators. */
export const combinators: readonly LayerDefinition[] = [chain, concat, sum, product, identityLayer, constant];
