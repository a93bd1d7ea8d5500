/** @file Updates of optimizers as single tfjs kernels, for backends that register them. */
import {
  engine,
  getBackend,
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorMap,
  registerKernel,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

/** A kernel that a backend may have. */
export interface FusedKernel<Attributes extends object> {
  readonly kernelName: string;
  /** @throws RangeError, TypeError when the kernel would read or write beyond its inputs */
  assertInputs(inputs: Readonly<Record<string, TensorInfo | undefined>>, attributes: Attributes): void;
}

/** Registers a backend's kernel, whose inputs are validated before it runs. */
export const registerFusedKernel = <Attributes extends object>(
  { kernelName, assertInputs }: FusedKernel<Attributes>,
  backendName: string,
  kernelFunc: KernelFunc,
): void =>
  registerKernel({
    kernelName,
    backendName,
    kernelFunc: args => {
      assertInputs(args.inputs, args.attrs as object as Attributes);
      return kernelFunc(args);
    },
  });

/** The outputs of the current backend's kernel; `undefined` where it has none. */
export const runFusedKernel = <Attributes extends object>(
  { kernelName }: FusedKernel<Attributes>,
  inputs: object,
  attributes: Attributes,
): Tensor | readonly Tensor[] | undefined =>
  getKernel(kernelName, getBackend()) === undefined
    ? undefined
    : engine().runKernel(
        kernelName,
        { ...inputs } as object as NamedTensorMap,
        { ...attributes } as object as NamedAttrMap,
      );
