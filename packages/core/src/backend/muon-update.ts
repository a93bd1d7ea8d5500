/** @file Muon's update of weight matrices as one tfjs kernel, for backends that register it. */
import type { KernelFunc, Tensor3D } from '@tensorflow/tfjs-core';
import { assertMuonInputs } from './assert-inputs.ts';
import { type FusedKernel, registerFusedKernel, runFusedKernel } from './fused-kernel.ts';

/** The scalars of an update; see `muon`. They are the kernel's attributes. */
export interface MuonUpdate {
  /** mu */
  readonly momentum: number;
  /** The factor of the parameters: 1 - lr lambda. */
  readonly parameterScale: number;
  /** The factor of the orthogonal matrices: lr sqrt(max(1, out / in)). */
  readonly stepSize: number;
  /** The Newton-Schulz iteration X = a X + (b X X' + c (X X')^2) X, this many times. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly iterations: number;
  /** Added to the norm that X is divided by before the first iteration. */
  readonly epsilon: number;
}

/** The matrices of an update, each `f32[count, in, out]`. They are the kernel's inputs. */
export interface MuonMatrices {
  readonly parameters: Tensor3D;
  readonly gradient: Tensor3D;
  /** M */
  readonly first: Tensor3D;
}

const KERNEL: FusedKernel<MuonUpdate> = { kernelName: 'NeuralFieldsMuonUpdate', assertInputs: assertMuonInputs };

/**
 * Registers a backend's fused update: inputs {@link MuonMatrices}, attributes {@link MuonUpdate}, outputs the next
 * parameters and M. The inputs are validated before the kernel runs.
 */
export const registerMuonKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerFusedKernel(KERNEL, backendName, kernelFunc);

/** The next parameters and M, computed by the current backend's kernel; `undefined` where it has none. */
export const fusedMuonUpdate = (
  matrices: MuonMatrices,
  update: MuonUpdate,
): readonly [parameters: Tensor3D, first: Tensor3D] | undefined =>
  runFusedKernel(KERNEL, matrices, update) as [Tensor3D, Tensor3D] | undefined;
