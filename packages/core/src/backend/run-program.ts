/** @file Compiled programs as tfjs kernels, so that tfjs counts their tensors and records their gradients. */
import {
  add,
  engine,
  type GradFunc,
  getKernel,
  type NamedAttrMap,
  type NamedTensorMap,
  registerGradient,
  registerKernel,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { assertLossInputs, assertProgramInputs, assertTensor } from './assert-inputs.ts';
import type { CompiledLoss, CompiledProgram, KernelLoss, LossScale } from './backend.ts';
import type { KernelProgram } from './kernel-program.ts';

/** The names of the tfjs kernels, e.g. to profile which of them run. */
export const PROGRAM_KERNELS = {
  forward: 'NeuralFieldsProgram',
  backward: 'NeuralFieldsProgramBackward',
  loss: 'NeuralFieldsProgramLoss',
} as const;

/** A compiled program and its source: the attributes of the kernels. */
export interface RunnableProgram {
  readonly program: KernelProgram;
  readonly compiled: CompiledProgram;
}

/** A compiled loss and its source. */
export interface RunnableLoss {
  readonly program: KernelProgram;
  readonly loss: KernelLoss;
  readonly compiled: CompiledLoss;
}

/** The attributes of the kernel of a loss. */
interface LossAttributes extends RunnableLoss {
  readonly scale: LossScale;
  /** Whether the last input is a total. */
  readonly hasTotal: boolean;
}

type Attributes<T> = NamedAttrMap & T;

const inputCount = ({ inputs, shape }: KernelProgram): number =>
  inputs.reduce((count, { kind }) => count + (kind === 'coords' ? 1 : 1 + shape.order), 0);

/** Registers the kernels with tfjs for a backend, once. */
export const registerProgramKernels = (backendName: string): void => {
  if (getKernel(PROGRAM_KERNELS.forward, backendName) !== undefined) return;
  registerKernel({
    kernelName: PROGRAM_KERNELS.forward,
    backendName,
    kernelFunc({ inputs, attrs }) {
      const { program, compiled, isRecorded } = attrs as Attributes<RunnableProgram & { readonly isRecorded: boolean }>;
      const tensors = inputs as object as TensorInfo[];
      const given = inputCount(program);
      assertProgramInputs(program, tensors.slice(0, given), tensors[given]);
      return compiled.forward(tensors.slice(0, given), tensors[given] as TensorInfo, { isRecorded });
    },
  });
  registerKernel({
    kernelName: PROGRAM_KERNELS.backward,
    backendName,
    kernelFunc({ inputs, attrs }) {
      const { program, compiled } = attrs as Attributes<RunnableProgram>;
      const tensors = inputs as object as TensorInfo[];
      const given = inputCount(program);
      const [before, parameters, upstream] = [tensors.slice(0, given), tensors[given], tensors.slice(given + 1)];
      assertProgramInputs(program, before, parameters, upstream);
      return compiled.backward(before, parameters as TensorInfo, upstream);
    },
  });
  registerKernel({
    kernelName: PROGRAM_KERNELS.loss,
    backendName,
    kernelFunc({ inputs, attrs }) {
      const { program, loss, compiled, scale, hasTotal } = attrs as Attributes<LossAttributes>;
      const tensors = inputs as object as TensorInfo[];
      const given = inputCount(program);
      const end = tensors.length - (hasTotal ? 1 : 0);
      const parts = {
        inputs: tensors.slice(0, given),
        parameters: tensors[given],
        targets: tensors.slice(given + 1, end),
      };
      assertLossInputs(program, loss, parts);
      const total = tensors[end];
      if (total) assertTensor('field loss: the total', total, [program.parameterCount]);
      return compiled.run(parts.inputs, parts.parameters as TensorInfo, parts.targets, scale, total);
    },
  });
};

// tfjs passes lists of inputs and attributes through unchanged; only its types do not allow them.
const runKernel = (name: string, inputs: readonly Tensor[], attributes: object): Tensor[] => {
  const outputs = engine().runKernel(name, inputs as object as NamedTensorMap, attributes as NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs as Tensor];
};

const gradient: GradFunc = (upstream, saved, attributes) => {
  const derivatives = Array.isArray(upstream) ? upstream : [upstream];
  const gradients = runKernel(PROGRAM_KERNELS.backward, [...saved, ...derivatives], attributes);
  return Object.fromEntries(gradients.map((tensor, index) => [String(index), () => tensor]));
};

registerGradient({ kernelName: PROGRAM_KERNELS.forward, saveAllInputs: true, gradFunc: gradient });

/** The value and, up to the program's order, the first derivatives and the second-order forms of the output. */
export const runProgram = (runnable: RunnableProgram, inputs: readonly Tensor[], parameters: Tensor1D): Tensor[] =>
  runKernel(PROGRAM_KERNELS.forward, [...inputs, parameters], { ...runnable, isRecorded: engine().isTapeOn() });

/**
 * The loss `f32[]`, and its gradient with respect to the parameters, `f32[P]`, plus `total` if it is given. Its values
 * must not be read afterwards; the caller disposes of it.
 */
export const runLoss = (
  runnable: RunnableLoss,
  {
    inputs,
    parameters,
    targets,
    scale,
    total,
  }: {
    readonly inputs: readonly Tensor[];
    readonly parameters: Tensor1D;
    readonly targets: readonly Tensor[];
    readonly scale: LossScale;
    readonly total?: Tensor1D | undefined;
  },
): { readonly loss: Scalar; readonly gradient: Tensor1D } => {
  const taken = runnable.compiled.accumulates ? total : undefined;
  const given = [...inputs, parameters, ...targets, ...(taken ? [taken] : [])];
  const attributes = { ...runnable, scale, hasTotal: taken !== undefined };
  const [loss, gradient] = runKernel(PROGRAM_KERNELS.loss, given, attributes) as [Scalar, Tensor1D];
  return { loss, gradient: total && !taken ? add(total, gradient) : gradient };
};
