/**
 * @file The operations of which networks are made. Each maps the jets of its inputs to the jet of its output (see
 *   `jets/layer-jet.ts`); its rule stands in the file of its kind, in ordinary tfjs ops, which run on any backend. A
 *   backend's package has kernels for those that it supports.
 *
 * A program is in static single assignment: register 0 holds the coordinates, and operation i writes register i + 1.
 */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition } from '../activations/activation.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { OperandArray, ParameterArray } from './arrays.ts';

/** The number of a value in a program: the jet of `width` features. */
export type Register = number;

/** A parameter of a scalar function. */
export interface ElementwiseParameter {
  readonly name: string;
  readonly value: number | ParameterArray;
  /** The value, or that at the start where it is learned. */
  readonly initial: number;
}

/** A scalar function with the values of its parameters. */
export interface ElementwiseFunction {
  readonly definition: ActivationDefinition;
  /** In the definition's order: a number, or a learned scalar `f32[]`. */
  readonly parameters: readonly ElementwiseParameter[];
}

/** z = h W + b, and then s(z) where `activation` is present. */
export interface LinearOperation {
  readonly kind: 'linear';
  readonly inputs: readonly [Register];
  readonly outFeatures: number;
  /** `[inFeatures, outFeatures]` */
  readonly weight: OperandArray;
  /** `[outFeatures]` */
  readonly bias?: OperandArray;
  /** Present only in programs for kernels, where one that is alone with the product is merged with it. */
  readonly activation?: ElementwiseFunction;
}

/** s(h) for each element. */
export interface ElementwiseOperation {
  readonly kind: 'elementwise';
  readonly inputs: readonly [Register];
  readonly outFeatures: number;
  readonly activation: ElementwiseFunction;
}

/** The features of all inputs, one after the other. */
export interface ConcatOperation {
  readonly kind: 'concat';
  readonly inputs: readonly Register[];
  readonly outFeatures: number;
}

/** sum_i coefficients_i h_i, for inputs of the same width. */
export interface SumOperation {
  readonly kind: 'sum';
  readonly inputs: readonly Register[];
  readonly outFeatures: number;
  readonly coefficients: readonly number[];
}

/** The product of two inputs of the same width, element by element. */
export interface ProductOperation {
  readonly kind: 'product';
  readonly inputs: readonly [Register, Register];
  readonly outFeatures: number;
}

/** Feature j is feature `columns[j]` of the input: a part, a permutation, a repetition. */
export interface ColumnsOperation {
  readonly kind: 'columns';
  readonly inputs: readonly [Register];
  readonly outFeatures: number;
  readonly columns: readonly number[];
}

/** The same features `[outFeatures]` at all points. */
export interface ConstantOperation {
  readonly kind: 'constant';
  readonly inputs: readonly [];
  readonly outFeatures: number;
  readonly values: OperandArray;
  /** Where present, `values` is `[outFeatures, k]`, and this column of it is meant. */
  readonly column?: number;
}

/** One level of a {@link GridOperation}. */
export interface GridLevel {
  /** Cells along each axis of the box [-1, 1]^d. */
  readonly resolution: number;
  /** The first of its rows in the table. */
  readonly firstRow: number;
  readonly rows: number;
  /** Whether vertices share rows by a hash; else vertex (i_0, i_1, ...) has row sum_k i_k (resolution + 1)^k. */
  readonly hashed: boolean;
}

/** Features interpolated between the vertices of grids, whose features are the rows of one table; see `ops/grid.ts`. */
export interface GridOperation {
  readonly kind: 'grid';
  readonly inputs: readonly [Register];
  /** Levels times features of a row. */
  readonly outFeatures: number;
  /** `[rows, features of a row]` */
  readonly table: OperandArray;
  readonly levels: readonly GridLevel[];
}

/** What the rule of a {@link CustomOperation} is given. */
export interface CustomRuleInputs {
  readonly inputs: readonly LayerJet[];
  /** In the order of the operation's `arrays`. */
  readonly arrays: readonly Tensor[];
  readonly shape: JetShape;
}

/** What the tangent of a {@link CustomOperation} is given. */
export interface CustomTangentInputs extends CustomRuleInputs {
  /** The tangent of each input; `undefined` where it is 0. */
  readonly inputTangents: readonly (LayerJet | undefined)[];
  /** The tangent of each array, of its shape; `undefined` for constants. */
  readonly arrayTangents: readonly (Tensor | undefined)[];
}

/** A rule in tfjs ops whose ordinary gradient is right; no backend has a kernel for it. */
export interface CustomOperation {
  readonly kind: 'custom';
  readonly inputs: readonly Register[];
  readonly outFeatures: number;
  readonly arrays: readonly OperandArray[];
  rule(given: CustomRuleInputs): LayerJet;
  /**
   * The jet of the output's derivative along a direction of the parameters, with a right ordinary gradient too; see
   * `tangent/tangent-program.ts`.
   */
  tangent?(given: CustomTangentInputs): LayerJet;
}

export type Operation =
  | LinearOperation
  | ElementwiseOperation
  | ConcatOperation
  | SumOperation
  | ProductOperation
  | ColumnsOperation
  | ConstantOperation
  | GridOperation
  | CustomOperation;

/** A network as operations. */
export interface Program {
  /** d, the number of coordinates: the width of register 0. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly operations: readonly Operation[];
  /** What comes out. */
  readonly output: Register;
}
