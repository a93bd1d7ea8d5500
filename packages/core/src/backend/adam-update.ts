/**
 * @file Adam's update as one fused tfjs kernel, for backends that register it. In ordinary tfjs ops it takes about
 *   fourteen.
 */
import type { KernelFunc, Tensor1D } from '@tensorflow/tfjs-core';
import { assertAdamInputs } from './assert-inputs.ts';
import { type FusedKernel, registerFusedKernel, runFusedKernel } from './fused-kernel.ts';

/** The scalars of an update; see `adam`. They are the kernel's attributes. */
export interface AdamUpdate {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** The factor of the parameters in the gradient: L2 regularisation. */
  readonly weightDecay: number;
  /** The factor on the parameters: 1, or 1 - lr lambda for decoupled weight decay. */
  readonly parameterScale: number;
  /** lr / (1 - beta1^t) */
  readonly stepSize: number;
  /** 1 / sqrt(1 - beta2^t) */
  readonly secondCorrection: number;
  /** Whether elements whose gradient is 0 keep their parameter, m and v. */
  readonly lazy: boolean;
}

/** The vectors of an update, each `f32[P]`. They are the kernel's inputs. */
export interface AdamVectors {
  readonly parameters: Tensor1D;
  readonly gradient: Tensor1D;
  /** m */
  readonly first: Tensor1D;
  /** v */
  readonly second: Tensor1D;
}

const KERNEL: FusedKernel<AdamUpdate> = { kernelName: 'NeuralFieldsAdamUpdate', assertInputs: assertAdamInputs };

/**
 * Registers a backend's fused update: inputs {@link AdamVectors}, attributes {@link AdamUpdate}, outputs the next
 * parameters, m and v. The inputs are validated before the kernel runs.
 */
export const registerAdamKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerFusedKernel(KERNEL, backendName, kernelFunc);

/** The next parameters, m and v, computed by the current backend's kernel; `undefined` where it has none. */
export const fusedAdamUpdate = (vectors: AdamVectors, update: AdamUpdate): readonly Tensor1D[] | undefined =>
  runFusedKernel(KERNEL, vectors, update) as readonly Tensor1D[] | undefined;
