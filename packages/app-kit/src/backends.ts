/** @file The tfjs backends that the program offers to core's choice. Each is imported only when it is tried. */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BackendCandidate, type BackendChoice, selectBackend } from '@neural-fields/core';
import type { Dawn } from '@neural-fields/kernels-webgpu/node';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { InputError } from './errors.ts';
import type { Output } from './output/output.ts';

/** The names that `--backend` takes. */
export const backendNames = ['auto', 'webgpu', 'simd', 'tensorflow', 'wasm', 'cpu'] as const;

/** One of {@link backendNames}. */
export type BackendName = (typeof backendNames)[number];

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Where a package of a folder would be loaded from; `undefined` when that folder has none. */
const resolveIn = (folder: string, name: string): string | undefined => {
  try {
    return pathToFileURL(createRequire(join(resolve(folder), 'package.json')).resolve(name)).href;
  } catch {
    return undefined;
  }
};

/**
 * Imports a package that is not there after an ordinary installation: from the folder that the user names, or else from beside the program. Never from the
 * folder that the program happens to be started in, where anybody may have put one. Its name is a variable, so that neither types nor bundlers
 * look for it.
 */
const importOptional = async (name: string, folder: string | undefined): Promise<unknown> => {
  try {
    return await import((folder === undefined ? undefined : resolveIn(folder, name)) ?? name);
  } catch (cause) {
    const missing = codeOf(cause) === 'ERR_MODULE_NOT_FOUND';
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] as string) : String(cause);
    throw new Error(missing ? `the package ${name} is not installed` : `${name} cannot be loaded: ${reason}`, { cause });
  }
};

/** Gives Node the `navigator.gpu` of browsers, before the kernels are imported, which look for it. */
const loadWebgpu = async (folder: string | undefined): Promise<void> => {
  const dawn = (await importOptional('webgpu', folder)) as Dawn;
  const { installDawn } = await import('@neural-fields/kernels-webgpu/node');
  installDawn(dawn);
  await import('@neural-fields/kernels-webgpu');
};

/** libtensorflow, with CUDA where that package is installed. */
const loadTensorflow = async (folder: string | undefined): Promise<void> => {
  try {
    await importOptional('@tensorflow/tfjs-node-gpu', folder);
  } catch (gpuError) {
    try {
      await importOptional('@tensorflow/tfjs-node', folder);
    } catch (error) {
      const both = [gpuError, error].map(each => (each as Error).message);
      const none = both.every(message => message.endsWith('is not installed'));
      throw new Error(none ? '@tensorflow/tfjs-node(-gpu) is not installed' : both.join(', '), { cause: error });
    }
  }
};

const candidatesFrom = (folder: string | undefined): readonly BackendCandidate[] => [
  { name: 'webgpu', load: () => loadWebgpu(folder) },
  { name: 'simd', load: () => import('@neural-fields/kernels-wasm') },
  { name: 'tensorflow', load: () => loadTensorflow(folder) },
  { name: 'wasm', load: () => import('@tensorflow/tfjs-backend-wasm') },
  { name: 'cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
];

/** What computes, as the command line has it. */
export interface BackendOptions {
  readonly backend: BackendName;
  /** A folder whose `node_modules` may hold the packages `webgpu` and `@tensorflow/tfjs-node(-gpu)`: code of it is run. */
  readonly backendFrom?: string;
}

/**
 * Sets the backend and says which and why.
 *
 * @throws InputError when the wanted one cannot be used here
 */
export const chooseBackend = async ({ backend, backendFrom }: BackendOptions, output: Output): Promise<BackendChoice> => {
  // Without it tfjs greets Node with advice on tfjs-node, on the console.
  enableProdMode();
  const choice = await selectBackend(backend, candidatesFrom(backendFrom)).catch(cause => {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/^selectBackend: /, '');
    throw new InputError(`--backend ${backend}: ${reason}`, { cause });
  });
  output.log(`backend ${choice.name}: ${choice.reason}`);
  return choice;
};
