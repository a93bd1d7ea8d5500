/** @file The backends of tfjs, each loaded only in the process of its own peer. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import nodeUtilities from 'node:util';
import { selectBackend } from '@neural-fields/core';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import { installDawn } from '@neural-fields/kernels-webgpu/node';
import { enableProdMode, getKernel, version_core } from '@tensorflow/tfjs-core';
import { setUpFolder } from '../files.ts';
import type { Description, DeviceDescription, Supervision } from '../protocol.ts';
import { countDeviceRequests, type DeviceCounter } from './device-requests.ts';
import { productsOf } from './products.ts';

/**
 * The backends that are peers. `webgpu` has the fused kernels of this project, `webgpu-tfjs` those of tfjs, one for
 * each op.
 */
export const backendNames = ['native', 'simd', 'cpu', 'wasm', 'webgpu', 'webgpu-tfjs', 'tensorflow'] as const;

/** One of {@link backendNames}. */
export type BackendName = (typeof backendNames)[number];

/** tfjs-node, which is not installed with this program: from the folder that `tools/tfjs-node.mjs` fills. */
const importTfjsNode = async (): Promise<unknown> => {
  const from = createRequire(join(setUpFolder, 'tfjs-node', 'package.json'));
  return await import(pathToFileURL(from.resolve('@tensorflow/tfjs-node')).href);
};

const loadTensorflow = async (): Promise<void> => {
  // tfjs-node 4.22 calls it, and Node 23 has it no more.
  Object.assign(nodeUtilities, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  await importTfjsNode().catch(cause => {
    const missing = !existsSync(join(setUpFolder, 'tfjs-node'));
    const reason = missing
      ? 'the package @tensorflow/tfjs-node is not installed'
      : (cause as Error).message.split('\n')[0];
    throw new Error(`${reason}${missing ? '; `node tools/tfjs-node.mjs` sets it up' : ''}`, { cause });
  });
};

let counter: DeviceCounter | undefined;

/** What is asked of the device by this process; `undefined` where the backend has none. */
export const deviceCounter = (): DeviceCounter | undefined => counter;

/** Gives Node the `navigator.gpu` of browsers by the package webgpu, before the kernels look for it. */
const loadDawn = async (): Promise<void> => {
  const dawn = await import('webgpu').catch(cause => {
    throw new Error(`the package webgpu cannot be loaded: ${(cause as Error).message.split('\n')[0]}`, { cause });
  });
  installDawn(dawn);
  counter = countDeviceRequests();
};

const loadNative = async (): Promise<void> => {
  const { nativeProblem } = await import('@neural-fields/kernels-native');
  if (nativeProblem !== undefined) throw new Error(nativeProblem);
};

const loaders: Readonly<Record<BackendName, () => Promise<unknown>>> = {
  native: loadNative,
  simd: () => import('@neural-fields/kernels-wasm'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: () => import('@tensorflow/tfjs-backend-wasm'),
  webgpu: () => loadDawn().then(() => import('@neural-fields/kernels-webgpu')),
  'webgpu-tfjs': () => loadDawn().then(() => import('@tensorflow/tfjs-backend-webgpu')),
  tensorflow: loadTensorflow,
};

/** The name under which tfjs knows a backend. */
const registeredName = (name: BackendName): string => (name === 'webgpu-tfjs' ? 'webgpu' : name);

/** Sets the backend. @throws Error with the reason when it is of no use here */
export const loadBackend = async (name: BackendName): Promise<void> => {
  // Without it tfjs greets Node with advice on tfjs-node, on the standard output that the protocol needs.
  enableProdMode();
  const candidate = { name: registeredName(name), load: loaders[name] };
  await selectBackend(candidate.name, [candidate]).catch(cause => {
    throw new Error((cause as Error).message.replace(/^selectBackend: no backend can be used: \w+: /, ''), { cause });
  });
};

/** What WebGPU runs on. */
const describeDevice = async (): Promise<DeviceDescription> => {
  // As the backends ask: a machine may have several.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = true } = adapter?.info ?? {};
  const name = [vendor, architecture, description].filter(part => part !== '').join(' ');
  return { kind: 'webgpu', name: name === '' ? 'unnamed' : name, software: isFallbackAdapter };
};

/** Describes the backend that is set. */
export const describeBackend = async (name: BackendName): Promise<Description> => {
  const device = counter && (await describeDevice());
  const versions = { node: process.version.slice(1), tfjs: version_core, ...(device && { adapter: device.name }) };
  // tfjs's own WebAssembly has threads in browsers only.
  const threads = name === 'native' || name === 'simd' || name === 'tensorflow' ? availableParallelism() : 1;
  return { versions, threads, ...(device && { device }) };
};

/** The matrix products of a step, where it is known what the kernels do; see {@link productsOf}. */
export const productsOfBackend = (name: BackendName, supervision: Supervision): number | undefined => {
  if (name !== 'native' && name !== 'simd' && name !== 'webgpu') return undefined;
  // Where the loss is a part of the kernel, the forward pass is worked out once.
  const fused = getKernel(PROGRAM_KERNELS.loss, name) !== undefined;
  return productsOf(supervision, {
    gradientWay: name === 'webgpu' ? 'jets' : 'adjoints',
    forwardPasses: fused ? 1 : 2,
  });
};
