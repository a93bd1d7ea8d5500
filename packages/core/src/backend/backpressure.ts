/** @file Backpressure: keeps the host from running ahead of the device. */
import { engine, type KernelBackend } from '@tensorflow/tfjs-core';

/**
 * Implemented by a tfjs backend that queues kernels and runs them later. The fit loop calls it after every chunk, so
 * that the work in flight and its memory stay bounded however slow the device is. Backends whose kernels finish before
 * they return do not need it.
 */
export interface BackpressureBackend {
  /**
   * Applies backpressure, without reading anything from the device.
   *
   * @param signal ends the wait when it is aborted; the caller throws its reason
   * @returns a promise where the host has to wait; `undefined` where it can continue at once, at no cost. The promise
   *   is rejected when the device is lost.
   */
  applyBackpressure(signal?: AbortSignal): Promise<void> | undefined;
}

/** Applies the backpressure of the backend in use; `undefined` where there is nothing to wait for. */
export const applyBackpressure = (signal: AbortSignal | undefined): Promise<void> | undefined =>
  (engine().backend as KernelBackend & Partial<BackpressureBackend>).applyBackpressure?.(signal);
