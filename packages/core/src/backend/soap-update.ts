/** @file SOAP's update as one tfjs kernel, for backends that register it. */
import type { KernelFunc, Tensor1D } from '@tensorflow/tfjs-core';
import type { AdamUpdate, AdamVectors } from './adam-update.ts';
import { assertSoapInputs } from './assert-inputs.ts';
import { type FusedKernel, registerFusedKernel, runFusedKernel } from './fused-kernel.ts';

/** The description of an update: the scalars of Adam, and where matrices are. */
export interface SoapUpdate extends Omit<AdamUpdate, 'weightDecay' | 'lazy'> {
  /** The decay of the Gram matrices. */
  readonly gramBeta: number;
  /**
   * Five integers for each matrix, in the order of the vector and without overlap: its start among the parameters, its
   * rows and columns, and the starts of L and R among the Gram matrices and bases, -1 where that side has none. Adam
   * trains all other elements.
   */
  readonly matrices: readonly number[];
}

/** The integers per matrix in {@link SoapUpdate}. */
export const SOAP_MATRIX_FIELDS = 5;

/** The vectors of an update, those of Adam `f32[P]`, the others `f32[N]`. They are the kernel's inputs. */
export interface SoapVectors extends AdamVectors {
  /** All L and R. */
  readonly grams: Tensor1D;
  /** All Q_L' and Q_R', in the same places. m and v are in these bases. */
  readonly bases: Tensor1D;
}

/** The result of an update. */
export type SoapResult = Omit<SoapVectors, 'gradient' | 'bases'>;

const KERNEL: FusedKernel<SoapUpdate> = {
  kernelName: 'NeuralFieldsSoapUpdate',
  assertInputs: (vectors, { matrices }) => assertSoapInputs(vectors, matrices, SOAP_MATRIX_FIELDS),
};

/**
 * Registers a backend's fused update: inputs {@link SoapVectors}, attributes {@link SoapUpdate}, outputs the next
 * parameters, m, v and Gram matrices. The inputs are validated before the kernel runs.
 */
export const registerSoapKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerFusedKernel(KERNEL, backendName, kernelFunc);

/** The next vectors, computed by the current backend's kernel; `undefined` where it has none. */
export const fusedSoapUpdate = (vectors: SoapVectors, update: SoapUpdate): SoapResult | undefined => {
  const next = runFusedKernel(KERNEL, vectors, update);
  if (next === undefined) return undefined;
  const [parameters, first, second, grams] = next as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
  return { parameters, first, second, grams };
};
