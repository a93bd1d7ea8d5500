/** @file What the bits of results depend on besides the computation itself: the backend and its settings. */
import { engine, getBackend, type KernelBackend } from '@tensorflow/tfjs-core';

/**
 * Implemented by a tfjs backend whose rounding depends on more than its name, e.g. on the number of threads that sum a
 * gradient. A checkpoint stores it, and a run that resumes in another environment gets a warning.
 */
export interface NumericsBackend {
  /** By name, e.g. `{ threads: '4' }`. */
  readonly numerics: Readonly<Record<string, string>>;
}

/** The backend in use, with its `numerics`. */
export const numericalEnvironment = (): Readonly<Record<string, string>> => ({
  backend: getBackend(),
  ...(engine().backend as KernelBackend & Partial<NumericsBackend>).numerics,
});
