/**
 * @file The interface of a backend package: one object with its name, its rank, and how it compiles programs. Core
 *   never imports such a package; it looks the object up by the name of the tfjs backend in use (`registry.ts`).
 */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { Penalty } from '../elementwise/penalty.ts';
import type { JetShape } from '../jets/request.ts';
import type { Operation } from '../ops/operation.ts';
import type { KernelProgram } from './kernel-program.ts';

/** A program compiled by a backend. Its inputs are validated before each call. */
export interface CompiledProgram {
  /**
   * @param inputs those of `inputTensorShapes`, n >= 1
   * @param parameters `f32[P]`
   * @param options `isRecorded`: the gradient is being recorded, so {@link backward} will probably follow on the same
   *   tensors, and intermediate results may be kept for it
   * @returns value `f32[n, o]`, first `f32[d, n, o]` and second `f32[m, n, o]`, up to the order of the program; for b
   *   fields with b n in place of n
   */
  forward(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    options?: { readonly isRecorded?: boolean },
  ): TensorInfo[];
  /**
   * @param inputs as for {@link forward}; for many fields, each with its own points
   * @param upstream the derivatives of the loss with respect to what {@link forward} returns
   * @returns the derivatives of the loss with respect to each of the inputs, and to the parameters `f32[P]`, 0 for
   *   those that the program does not use
   */
  backward(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    upstream: readonly TensorInfo[],
  ): [...inputs: TensorInfo[], parameters: TensorInfo];
}

/** What is penalised in one block `[n, o]` of the output jet. */
export interface LossBlock {
  /** 0 where nothing is penalised. */
  readonly factor: number;
  /** The columns `column` ... `column + o - 1` of one of the targets; zeros if absent. */
  readonly target?: { readonly index: number; readonly column: number };
}

/** A loss that is a sum of penalties on single values of the jet. */
export interface KernelLoss {
  /** One for each block: the value, the first derivatives, the second-order forms. */
  readonly blocks: readonly LossBlock[];
  readonly penalty: Penalty;
  /** Target i is `f32[n, targetWidths[i]]`. */
  readonly targetWidths: readonly number[];
  /** The index of the target that multiplies the penalties, `f32[n, 1]` or `f32[n, o]`; none if absent. */
  readonly weight?: number;
}

/** The scale factors of one evaluation of a loss. */
export interface LossScale {
  /** On the sum of the penalties of all points and outputs. */
  readonly loss: number;
  /** On its gradient. */
  readonly gradient: number;
}

/** A program with a loss, compiled by a backend: forward pass, loss and backward pass. */
export interface CompiledLoss {
  /**
   * Whether {@link run} takes a total: then a step of several chunks makes no pass over all parameters for each, which
   * pays where they are tables of which a chunk reads few rows.
   */
  readonly accumulates?: boolean;
  /**
   * @param targets each `f32[n, k]`; for many fields `f32[b, n, k]`, or `f32[n, k]` where all have the same
   * @param total `f32[P]`, where {@link accumulates}: added to the gradient. The result may take over its memory: its
   *   values must not be read afterwards, even if the call throws.
   * @returns the loss `f32[]`, for many fields `f32[b]`, and the gradient of the loss, or of the sum of losses, with
   *   respect to the parameters, `f32[P]`
   */
  run(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    targets: readonly TensorInfo[],
    scale: LossScale,
    total?: TensorInfo,
  ): [loss: TensorInfo, gradient: TensorInfo];
}

/** A backend for fields. */
export interface FieldBackend {
  /** The name of its tfjs backend. */
  readonly name: string;
  /** `selectBackend('auto')` prefers higher ranks; 0 is plain JavaScript. */
  readonly rank: number;
  /** The recommended number of steps between reports: reading a loss back stalls a GPU. */
  readonly reportEvery: number;
  /** Whether it accepts programs for many fields at once; other backends evaluate one field after the other. */
  readonly manyFields?: boolean;
  /**
   * Whether it has kernels for an operation. An operation without kernels, and everything that it depends on, runs in
   * ordinary tfjs ops.
   */
  supports(operation: Operation, shape: JetShape): boolean;
  /**
   * Compiles a program; called once for each program and instance of the tfjs backend. Returns `undefined` to decline
   * the program.
   */
  compile(program: KernelProgram, on: KernelBackend): CompiledProgram | undefined;
  /** Compiles a program with a loss, likewise. */
  compileLoss?(program: KernelProgram, loss: KernelLoss, on: KernelBackend): CompiledLoss | undefined;
}
