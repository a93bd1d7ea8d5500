/** @file Holding back a host that is quicker than its device. */
import { engine, type KernelBackend } from '@tensorflow/tfjs-core';

/**
 * What the fit loop looks for on the tfjs backend that is in use, where kernels are recorded now and run later: a
 * backend with this method is asked after every chunk, so that the work that is under way, and the memory that it
 * holds, stay bounded however slow the device is. Backends that are done when a kernel returns need none.
 */
export interface BackpressureBackend {
  /**
   * Reads nothing from the device.
   *
   * @param signal ends the wait when it is aborted; the caller throws its reason
   * @returns a promise where the host has to wait; `undefined` where it may go on at once, which then costs nothing.
   *   The promise is rejected when the device is gone.
   */
  applyBackpressure(signal?: AbortSignal): Promise<void> | undefined;
}

/** Asks the backend in use; `undefined` where there is nothing to wait for. */
export const applyBackpressure = (signal: AbortSignal | undefined): Promise<void> | undefined =>
  (engine().backend as KernelBackend & Partial<BackpressureBackend>).applyBackpressure?.(signal);
