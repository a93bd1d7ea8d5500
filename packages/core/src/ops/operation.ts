/**
 * @file The operations of networks. Each maps the jets of its inputs to the jet of its output (see
 *   `jets/layer-jet.ts`); its rule is in the file of its kind, in ordinary tfjs ops, which run on any backend. Backend
 *   packages have kernels for those that they support.
 *
 * A program is in static single assignment: register 0 holds the coordinates, and operation i writes register i + 1.
 */

import type { Tensor } from '@tensorflow/tfjs-core';
import type { ActivationDefinition } from '../activations/activation.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { OperandArray, ParameterArray } from './arrays.ts';
import type { GridBlocks } from './grid-blocks.ts';
import type { GridInterpolation } from './grid-interpolation.ts';

/** The index of a register, which holds the jet of some features. */
export type Register = number;

/** A parameter of a scalar function. */
export interface ElementwiseParameter {
  readonly name: string;
  readonly value: number | ParameterArray;
  /** The value, or the initial one of a learned parameter. */
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
  /**
   * Present only in kernel programs, where an activation is fused into the product if nothing else reads the product.
   */
  readonly activation?: ElementwiseFunction;
}

/** s(h) for each element. */
export interface ElementwiseOperation {
  readonly kind: 'elementwise';
  readonly inputs: readonly [Register];
  readonly outFeatures: number;
  readonly activation: ElementwiseFunction;
}

/** The concatenated features of all inputs. */
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

/** Feature j is feature `columns[j]` of the input: a selection, permutation or repetition. */
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
  /** If present, `values` is `[outFeatures, k]`, and the features are this column of it. */
  readonly column?: number;
}

/** One level of a {@link GridOperation}. */
export interface GridLevel {
  /** The number of cells along each axis of the box [-1, 1]^d. */
  readonly resolution: number;
  /** Its first row in the table. */
  readonly firstRow: number;
  readonly rows: number;
  /** Whether a hash maps vertices to rows; otherwise vertex (i_0, i_1, ...) has row sum_k i_k (resolution + 1)^k. */
  readonly hashed: boolean;
  /** Present where only some blocks of vertices have rows, which determine the rows of a level that is not hashed. */
  readonly blocks?: GridBlocks;
}

/** Features interpolated between grid vertices, whose features are rows of one table; see `ops/grid.ts`. */
export interface GridOperation {
  readonly kind: 'grid';
  readonly inputs: readonly [Register];
  /** The number of levels times the features per row. */
  readonly outFeatures: number;
  /** `[rows, features per row]` */
  readonly table: OperandArray;
  readonly levels: readonly GridLevel[];
  readonly interpolation: GridInterpolation;
}

/** The inputs of the rule of a {@link CustomOperation}. */
export interface CustomRuleInputs {
  readonly inputs: readonly LayerJet[];
  /** In the order of the operation's `arrays`. */
  readonly arrays: readonly Tensor[];
  readonly shape: JetShape;
}

/** The inputs of the tangent of a {@link CustomOperation}. */
export interface CustomTangentInputs extends CustomRuleInputs {
  /** The tangent of each input; `undefined` where it is 0. */
  readonly inputTangents: readonly (LayerJet | undefined)[];
  /** The tangent of each array, of its shape; `undefined` for constants. */
  readonly arrayTangents: readonly (Tensor | undefined)[];
}

/** A rule in tfjs ops with a correct gradient; no backend has a kernel for it. */
export interface CustomOperation {
  readonly kind: 'custom';
  readonly inputs: readonly Register[];
  readonly outFeatures: number;
  readonly arrays: readonly OperandArray[];
  rule(given: CustomRuleInputs): LayerJet;
  /**
   * The jet of the output's directional derivative with respect to the parameters, in tfjs ops with a correct gradient;
   * see `tangent/tangent-program.ts`.
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

/** The operations of a network. */
export interface Program {
  /** d, the number of coordinates: the width of register 0. */
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly operations: readonly Operation[];
  /** The output. */
  readonly output: Register;
}
