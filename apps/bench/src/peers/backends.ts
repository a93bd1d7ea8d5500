/** @file The backends of tfjs, each loaded only in the process of its own peer. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import nodeUtilities from 'node:util';
import { selectBackend } from '@neural-fields/core';
import { enableProdMode, getKernel, version_core } from '@tensorflow/tfjs-core';
import type { Description } from '../protocol.ts';

/** The backends that are peers. */
export const backendNames = ['simd', 'cpu', 'wasm', 'webgpu', 'tensorflow'] as const;

/** One of {@link backendNames}. */
export type BackendName = (typeof backendNames)[number];

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** A package that is not installed with this one: from the folder that the program was started in, or one of those that tools/ fills. */
const importFrom = async (name: string, folders: readonly string[]): Promise<unknown> => {
  for (const folder of folders) {
    try {
      return await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve(name)).href);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new Error(`the package ${name} is not installed`);
};

const loadTensorflow = async (): Promise<void> => {
  // tfjs-node 4.22 calls it, and Node 23 has it no more.
  Object.assign(nodeUtilities, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  await importFrom('@tensorflow/tfjs-node', [process.cwd(), join(root, 'out/tfjs-node')]).catch(cause => {
    const hint = existsSync(join(root, 'out/tfjs-node')) ? '' : '; `node tools/tfjs-node.mjs` sets it up';
    throw new Error(`${(cause as Error).message.split('\n')[0]}${hint}`, { cause });
  });
};

/** Gives Node the `navigator.gpu` of browsers by the package webgpu, before tfjs's backend looks for it. */
const loadWebgpu = async (): Promise<void> => {
  const dawn = (await importFrom('webgpu', [process.cwd(), join(root, 'out/webgpu')])) as {
    readonly create: (flags: readonly string[]) => object;
    readonly globals: object;
  };
  Object.assign(globalThis, dawn.globals);
  if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn.create([]), configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
};

const loaders: Readonly<Record<BackendName, () => Promise<unknown>>> = {
  simd: () => import('@neural-fields/kernels-wasm'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
  webgpu: loadWebgpu,
  tensorflow: loadTensorflow,
};

/** Sets the backend. @throws Error with the reason when it is of no use here */
export const loadBackend = async (name: BackendName): Promise<void> => {
  // Without it tfjs greets Node with advice on tfjs-node, on the standard output that the protocol needs.
  enableProdMode();
  await selectBackend(name, [{ name, load: loaders[name] }]).catch(cause => {
    throw new Error((cause as Error).message.replace(/^selectBackend: no backend can be used: \w+: /, ''), { cause });
  });
};

interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly vendor?: string; readonly description?: string } } | null>;
}

/** What WebGPU runs on: it may be an emulation in software. */
const adapterName = async (): Promise<string> => {
  const { gpu } = globalThis.navigator as object as { readonly gpu: Gpu };
  const { vendor = '', description = '' } = (await gpu.requestAdapter())?.info ?? {};
  return description || vendor || 'unnamed';
};

/** Describes the backend that is set. */
export const describeBackend = async (name: BackendName): Promise<Description> => {
  const versions = {
    node: process.version.slice(1),
    tfjs: version_core,
    ...(name === 'webgpu' && { adapter: await adapterName() }),
  };
  // tfjs's own WebAssembly has threads in browsers only.
  if (name !== 'simd') return { versions, threads: name === 'tensorflow' ? availableParallelism() : 1 };
  // Where the loss is a part of the kernel, the forward pass is worked out once.
  const fused = getKernel('NeuralFieldsFieldLoss', 'simd') !== undefined;
  return { versions, threads: availableParallelism(), forwardPasses: fused ? 1 : 2 };
};
