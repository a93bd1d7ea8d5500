/** @file The tfjs backends from which core chooses one. Each is imported only when it is tried. */
import nodeUtilities from 'node:util';
import { type BackendCandidate, type BackendChoice, BackendError, selectBackend } from '@neural-fields/core';
import { numericalEnvironment } from '@neural-fields/core/kernels';
import type { Dawn } from '@neural-fields/kernels-webgpu/node';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { describeError, InputError } from './errors.ts';
import { importOptional, MissingPackageError } from './optional-package.ts';
import type { Output } from './output/output.ts';

/** The names that `--backend` takes. */
export const backendNames = ['auto', 'webgpu', 'native', 'simd', 'tensorflow', 'wasm', 'cpu'] as const;

/** One of {@link backendNames}. */
export type BackendName = (typeof backendNames)[number];

/** Gives Node the `navigator.gpu` of browsers. It must run before the kernels are imported, which look for it. */
const loadWebgpu = async (folder: string | undefined): Promise<void> => {
  const dawn = (await importOptional('webgpu', folder)) as Dawn;
  const { installDawn } = await import('@neural-fields/kernels-webgpu/node');
  installDawn(dawn);
  await import('@neural-fields/kernels-webgpu');
};

/** The native kernels, if there are any for this machine. */
const loadNative = async (): Promise<void> => {
  const { nativeProblem } = await import('@neural-fields/kernels-native');
  if (nativeProblem !== undefined) throw new Error(nativeProblem);
};

/** libtensorflow, with CUDA if that package is installed. */
const loadTensorflow = async (folder: string | undefined): Promise<void> => {
  // tfjs-node 4.22 calls this function, which Node 23 has removed.
  Object.assign(nodeUtilities, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  try {
    await importOptional('@tensorflow/tfjs-node-gpu', folder);
  } catch (gpuError) {
    try {
      await importOptional('@tensorflow/tfjs-node', folder);
    } catch (error) {
      const both = [gpuError, error] as const;
      const none = both.every(each => each instanceof MissingPackageError);
      const reason = none ? '@tensorflow/tfjs-node(-gpu) is not installed' : both.map(describeError).join(', ');
      throw new Error(reason, { cause: error });
    }
  }
};

/**
 * The backends that programs offer, best first.
 *
 * @param folder where optional packages are looked for first; see {@link BackendOptions}
 */
export const backendCandidates = (folder?: string): readonly BackendCandidate[] => [
  { name: 'webgpu', load: () => loadWebgpu(folder) },
  { name: 'native', load: loadNative },
  { name: 'simd', load: () => import('@neural-fields/kernels-wasm') },
  { name: 'tensorflow', load: () => loadTensorflow(folder) },
  { name: 'wasm', load: () => import('@tensorflow/tfjs-backend-wasm') },
  { name: 'cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
];

/** The backend options of the command line. */
export interface BackendOptions {
  readonly backend: BackendName;
  /**
   * A folder whose `node_modules` may hold the packages `webgpu` and `@tensorflow/tfjs-node(-gpu)`: its code is run.
   */
  readonly backendFrom?: string;
  /** Report what the rounding of results depends on, such as the threads and the instruction set. */
  readonly verbose?: boolean;
}

/** `threads 4, instructions AVX-512`; `undefined` for backends that do not report them. */
const describeNumerics = (): string | undefined => {
  const { backend: _, ...numerics } = numericalEnvironment();
  const parts = Object.entries(numerics).map(([name, value]) => `${name} ${value}`);
  return parts.length === 0 ? undefined : parts.join(', ');
};

/**
 * Sets the backend, and reports which one and why.
 *
 * @throws InputError when the requested one cannot be used here
 */
export const chooseBackend = async (
  { backend, backendFrom, verbose = false }: BackendOptions,
  output: Output,
): Promise<BackendChoice> => {
  // Otherwise tfjs prints advice on tfjs-node to the console.
  enableProdMode();
  const choice = await selectBackend(backend, backendCandidates(backendFrom)).catch(cause => {
    if (!(cause instanceof BackendError)) throw cause;
    const [first, ...others] = cause.considered;
    const problem = others.length === 0 && first ? first.reason : cause.reason;
    const hint = backend === 'auto' ? undefined : '--backend auto takes the fastest one that works here';
    throw new InputError({ what: `--backend ${backend}`, problem, hint }, { cause });
  });
  output.log(`backend ${choice.name}: ${choice.reason}`);
  const numerics = verbose ? describeNumerics() : undefined;
  if (numerics !== undefined) output.log(`backend ${choice.name}: ${numerics}`);
  return choice;
};
