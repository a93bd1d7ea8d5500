/**
 * @file What a backend's package tells core: one object with its name, its rank, and how it compiles programs. Core
 *   never imports such a package; it looks the object up by the name of the tfjs backend in use (`registry.ts`).
 */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { Penalty } from '../elementwise/penalty.ts';
import type { JetShape } from '../jets/request.ts';
import type { Operation } from '../ops/operation.ts';
import type { KernelProgram } from './kernel-program.ts';

/** A program as a backend runs it. It may trust its inputs: they are checked before. */
export interface CompiledProgram {
  /**
   * @param inputs those of `inputTensorShapes`, n >= 1
   * @param parameters `f32[P]`
   * @param options `isRecorded`: the gradient is being recorded, so {@link backward} will probably follow on the same
   *   tensors, for which something may be kept
   * @returns value `f32[n, o]`, first `f32[d, n, o]` and second `f32[m, n, o]`, as far as the order goes; for b fields
   *   with b n in the place of n
   */
  forward(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    options?: { readonly isRecorded?: boolean },
  ): TensorInfo[];
  /**
   * @param inputs as for {@link forward}; of many fields, each has its own points
   * @param upstream the derivatives of the loss with respect to what {@link forward} returns
   * @returns its derivatives with respect to each of the inputs, and to the parameters `f32[P]`, 0 for those that the
   *   program does not use
   */
  backward(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    upstream: readonly TensorInfo[],
  ): [...inputs: TensorInfo[], parameters: TensorInfo];
}

/** What is penalised in one block `[n, o]` of the jet that comes out. */
export interface LossBlock {
  /** 0 where nothing is. */
  readonly factor: number;
  /** The columns `column` ... `column + o - 1` of one of the targets; zeros if absent. */
  readonly target?: { readonly index: number; readonly column: number };
}

/** A loss that is a sum of penalties on single numbers of the jet. */
export interface KernelLoss {
  /** One for each block: the value, the first derivatives, the second-order forms. */
  readonly blocks: readonly LossBlock[];
  readonly penalty: Penalty;
  /** Target i is `f32[n, targetWidths[i]]`. */
  readonly targetWidths: readonly number[];
  /** Which of the targets multiplies the penalties, `f32[n, 1]` or `f32[n, o]`; none if absent. */
  readonly weight?: number;
}

/** The factors of one evaluation of a loss. */
export interface LossScale {
  /** On the sum of the penalties of all points and outputs. */
  readonly loss: number;
  /** On its gradient. */
  readonly gradient: number;
}

/** A program with a loss behind it, as a backend runs it: the forward pass, the loss and the reverse of both. */
export interface CompiledLoss {
  /**
   * @param targets each `f32[n, k]`; of many fields `f32[b, n, k]`, or `f32[n, k]` where all have the same
   * @returns the loss `f32[]`, of many fields `f32[b]`, and the derivatives of it, or of its sum, with respect to the
   *   parameters `f32[P]`
   */
  run(
    inputs: readonly TensorInfo[],
    parameters: TensorInfo,
    targets: readonly TensorInfo[],
    scale: LossScale,
  ): [loss: TensorInfo, gradient: TensorInfo];
}

/** A backend for fields. */
export interface FieldBackend {
  /** The name under which tfjs knows it. */
  readonly name: string;
  /** The higher, the sooner `selectBackend('auto')` takes it: 0 is plain JavaScript. */
  readonly rank: number;
  /** How many steps of a fit are worth doing between two reports: reading a loss back makes a GPU wait. */
  readonly reportEvery: number;
  /** Whether it takes programs for many fields at once; others are given one field after the other. */
  readonly manyFields?: boolean;
  /**
   * Whether it has kernels for an operation. Operations that it has none for run in ordinary tfjs ops, with all that
   * they need.
   */
  supports(operation: Operation, shape: JetShape): boolean;
  /**
   * Called once for each program and instance of the tfjs backend. `undefined` where it declines the program as a
   * whole.
   */
  compile(program: KernelProgram, on: KernelBackend): CompiledProgram | undefined;
  /** The same with a loss. */
  compileLoss?(program: KernelProgram, loss: KernelLoss, on: KernelBackend): CompiledLoss | undefined;
}
