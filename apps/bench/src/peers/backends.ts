/** @file The backends of tfjs, each loaded only in the process of its own peer. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { backendCandidates, importOptional } from '@neural-fields/app-kit';
import { type BackendCandidate, BackendError, selectBackend } from '@neural-fields/core';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import type { NativeBackend, NativeOptions } from '@neural-fields/kernels-native';
import { type Dawn, installDawn } from '@neural-fields/kernels-webgpu/node';
import {
  enableProdMode,
  engine,
  getKernel,
  ready,
  registerBackend,
  removeBackend,
  setBackend,
  version_core,
} from '@tensorflow/tfjs-core';
import { setUpFolder } from '../files.ts';
import type { Description, DeviceDescription, Supervision } from '../protocol.ts';
import { countDeviceRequests, type DeviceCounter } from './device-requests.ts';
import { productsOf } from './products.ts';

/**
 * The backends that are peers. `webgpu` has the fused kernels of this project, `webgpu-tfjs` those of tfjs, one for
 * each op. Those of {@link nativeVariants} are `native` with other settings.
 */
export const backendNames = [
  'native',
  'native-high',
  'native-avx512',
  'simd',
  'cpu',
  'wasm',
  'webgpu',
  'webgpu-tfjs',
  'tensorflow',
] as const;

/** The settings of the variants of `native` that are peers of their own. */
const nativeVariants: Partial<Record<string, NativeOptions>> = {
  'native-high': { precision: 'high' },
  'native-avx512': { instructionSet: 'AVX-512' },
};

/** The name under which tfjs knows the backend of a peer. */
const registeredName = (name: BackendName): string => (nativeVariants[name] === undefined ? name : 'native');

/** One of {@link backendNames}. */
export type BackendName = (typeof backendNames)[number];

let counter: DeviceCounter | undefined;

/** Counts this process's requests to the device; `undefined` where the backend has none. */
export const deviceCounter = (): DeviceCounter | undefined => counter;

/** tfjs's own WebGPU backend, on the same implementation of WebGPU in Node as the kernels of this project. */
const tfjsWebgpu: BackendCandidate = {
  name: 'webgpu',
  load: async () => {
    installDawn((await importOptional('webgpu')) as Dawn);
    await import('@tensorflow/tfjs-backend-webgpu');
  },
};

/** tfjs-node is not installed with this program; `tools/tfjs-node.mjs` puts it here. */
const tfjsNodeFolder = join(setUpFolder, 'tfjs-node');

const candidateOf = (name: BackendName): BackendCandidate => {
  const registered = registeredName(name);
  const candidate =
    name === 'webgpu-tfjs' ? tfjsWebgpu : backendCandidates(tfjsNodeFolder).find(each => each.name === registered);
  if (candidate === undefined) throw new RangeError(`peer: there is no backend '${name}'`);
  if (candidate.name !== 'webgpu') return candidate;
  return {
    ...candidate,
    load: async () => {
      await candidate.load();
      counter = countDeviceRequests();
    },
  };
};

/** Replaces `native` by a variant with other settings. @throws Error with the reason where its kernels are the same */
const useVariant = async (options: NativeOptions): Promise<void> => {
  const { createNativeBackend } = await import('@neural-fields/kernels-native');
  const [usual, variant] = [await createNativeBackend(), await createNativeBackend(options)];
  const kernels = variant.numerics['instructions'];
  const isSame = usual.numerics['instructions'] === kernels;
  usual.dispose();
  if (isSame) {
    variant.dispose();
    throw new Error(`native already has the kernels ${kernels} on this processor`);
  }
  removeBackend('native');
  registerBackend('native', () => variant, 3);
  await setBackend('native');
  await ready();
};

/** Replaces the backend, `native` or `simd`, by one with fewer threads. */
export const useThreads = async (name: BackendName, threads: number): Promise<void> => {
  const create = {
    native: async () => (await import('@neural-fields/kernels-native')).createNativeBackend({ threads }),
    simd: async () => (await import('@neural-fields/kernels-wasm')).createSimdBackend({ threads }),
  };
  if (name !== 'native' && name !== 'simd')
    throw new RangeError(`peer: backend must be native or simd to set its threads, got '${name}'`);
  const backend = await create[name]();
  removeBackend(name);
  registerBackend(name, () => backend, 3);
  await setBackend(name);
  await ready();
};

/** Sets the backend. @throws Error with the reason when it cannot be used here */
export const loadBackend = async (name: BackendName): Promise<void> => {
  // Otherwise tfjs recommends tfjs-node on standard output, which the protocol needs.
  enableProdMode();
  const candidate = candidateOf(name);
  await selectBackend(candidate.name, [candidate]).catch(cause => {
    if (!(cause instanceof BackendError)) throw cause;
    const reason = cause.considered.map(verdict => verdict.reason).join('; ');
    const hint = name === 'tensorflow' && !existsSync(tfjsNodeFolder) ? '; `node tools/tfjs-node.mjs` sets it up' : '';
    throw new Error(`${reason}${hint}`, { cause });
  });
  const variant = nativeVariants[name];
  if (variant !== undefined) await useVariant(variant);
};

/** What WebGPU runs on. */
const describeDevice = async (): Promise<DeviceDescription> => {
  // With the backends' own options: a machine may have several adapters.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = true } = adapter?.info ?? {};
  const name = [vendor, architecture, description].filter(part => part !== '').join(' ');
  return { kind: 'webgpu', name: name === '' ? 'unnamed' : name, software: isFallbackAdapter };
};

/** The properties of tfjs-node's backend that describe it. */
interface TfjsNodeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

const tfjsNodeVersions = (): Readonly<Record<string, string>> => {
  const { binding, isUsingGpuDevice } = engine().backend as object as TfjsNodeBackend;
  return { [isUsingGpuDevice ? 'libtensorflow on CUDA' : 'libtensorflow on the processor']: binding.TF_Version };
};

/** The instruction set of the native kernels and their precision. */
const nativeKernels = (): string => {
  const { numerics } = engine().backend as object as Pick<NativeBackend, 'numerics'>;
  return numerics['instructions'] ?? 'unknown';
};

/** Describes the backend that is set. */
export const describeBackend = async (name: BackendName): Promise<Description> => {
  const device = counter && (await describeDevice());
  const versions = {
    ...{ node: process.version.slice(1), tfjs: version_core },
    ...(device && { adapter: device.name }),
    ...(registeredName(name) === 'native' && { kernels: nativeKernels() }),
    ...(name === 'tensorflow' && tfjsNodeVersions()),
  };
  // tfjs's own WebAssembly has threads in browsers only.
  const registered = registeredName(name);
  const threads = ['native', 'simd', 'tensorflow'].includes(registered) ? availableParallelism() : 1;
  return { versions, threads, ...(device && { device }) };
};

/** The matrix products of a step, where it is known what the kernels do; see {@link productsOf}. */
export const productsOfBackend = (name: BackendName, supervision: Supervision): number | undefined => {
  const registered = registeredName(name);
  if (!['native', 'simd', 'webgpu'].includes(registered)) return undefined;
  // Where the loss is a part of the kernel, the forward pass is computed once.
  const fused = getKernel(PROGRAM_KERNELS.loss, registered) !== undefined;
  return productsOf(supervision, {
    gradientWay: name === 'webgpu' ? 'jets' : 'adjoints',
    forwardPasses: fused ? 1 : 2,
  });
};
