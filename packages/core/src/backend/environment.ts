/** @file What the bits of results depend on beside the work: which backend does it, and how. */
import { engine, getBackend, type KernelBackend } from '@tensorflow/tfjs-core';

/**
 * What the fit loop looks for on the tfjs backend that is in use: where the roundings of a backend's results depend on
 * more than its name, e.g. on the number of threads that add up a gradient, it says on what. A checkpoint keeps it, and
 * who goes on from it elsewhere is told.
 */
export interface NumericsBackend {
  /** By name, e.g. `{ threads: '4' }`. */
  readonly numerics: Readonly<Record<string, string>>;
}

/** The backend in use and what it says of itself. */
export const numericalEnvironment = (): Readonly<Record<string, string>> => ({
  backend: getBackend(),
  ...(engine().backend as KernelBackend & Partial<NumericsBackend>).numerics,
});
