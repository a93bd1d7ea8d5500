/** @file The programs that are compared, and how each is started. */
import { peerEntry, pythonFile } from '../files.ts';
import { assertNvidiaDriver } from './nvidia-driver.ts';
import type { PeerCommand } from './peer-process.ts';
import type { DeviceRate } from './results.ts';

/** A program that takes part. */
export interface PeerDefinition {
  readonly name: string;
  /** A short name for tables. */
  readonly title: string;
  /**
   * Where it runs on a device: the precision of the large products whose rate it measures. Absent where another peer
   * measures the same.
   */
  readonly rate?: DeviceRate['precision'];
  /**
   * How it is started; this may install it first.
   *
   * @throws Error with the reason when it is not available here
   */
  command(context: PeerContext): Promise<PeerCommand>;
}

/** What starting a peer may need. */
export interface PeerContext {
  /** Makes a Python that has the requirements in `python/requirements-<name>.txt`, and returns its interpreter. */
  python(name: string): Promise<string>;
  /** Whether `python` has nothing to install. */
  hasPython(name: string): boolean;
}

const javascript = (name: string, title: string, more: Pick<PeerDefinition, 'rate'> = {}): PeerDefinition => ({
  name,
  title,
  ...more,
  command: async () => ({ program: process.execPath, args: [peerEntry, name] }),
});

/** By default glibc returns large blocks of memory to the system at once, and every step has to allocate them again,
 * page by page. */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: '1073741824', MALLOC_TRIM_THRESHOLD_: '17179869184' };

/**
 * @param script the file of the peer
 * @param how its arguments
 */
export const pythonPeer = (library: string, script: string, title: string, how: readonly string[]): PeerDefinition => ({
  name: [library, ...how].join('-'),
  title,
  command: async ({ python: interpreterFor }) => ({
    program: await interpreterFor(library),
    args: [pythonFile(script), ...how],
    env: keepMemory,
  }),
});

const python = (library: string, title: string, ...how: readonly string[]): PeerDefinition =>
  pythonPeer(library, `${library}_peer.py`, title, how);

/**
 * A peer on a CUDA device. Its environment is not created on a machine without a driver for such devices.
 *
 * @param environment the name of its requirements; the name of the peer begins with it
 */
const cuda = (
  environment: 'pytorch' | 'jax-cuda',
  title: string,
  how: readonly string[],
  more: Pick<PeerDefinition, 'rate'> = {},
): PeerDefinition => {
  const library = environment === 'pytorch' ? 'pytorch' : 'jax';
  const start = pythonPeer(environment, `${library}_peer.py`, title, ['cuda', ...how]);
  return {
    ...start,
    ...more,
    name: [library, 'cuda', ...how].join('-'),
    command: async context => {
      if (!context.hasPython(environment)) await assertNvidiaDriver();
      return start.command(context);
    },
  };
};

/** Every peer, in the order of tables. */
export const peerDefinitions: readonly PeerDefinition[] = [
  javascript('native', 'this project on native kernels'),
  javascript('native-high', 'this project on native kernels, precision high'),
  javascript('native-avx512', 'this project on native kernels of AVX-512'),
  javascript('simd', 'this project on simd'),
  python('pytorch', 'PyTorch'),
  python('pytorch', 'PyTorch, all points at once', 'whole'),
  python('pytorch', 'PyTorch, compiled', 'compiled'),
  python('jax', 'JAX'),
  javascript('tensorflow', 'this project on tfjs-node'),
  javascript('webgpu', 'this project on WebGPU', { rate: 'float32' }),
  javascript('webgpu-tfjs', "this project on tfjs's WebGPU"),
  cuda('pytorch', 'PyTorch on CUDA', [], { rate: 'float32' }),
  cuda('pytorch', 'PyTorch on CUDA with TF32', ['tf32'], { rate: 'TF32' }),
  cuda('pytorch', 'PyTorch on CUDA, compiled', ['compiled']),
  cuda('pytorch', 'PyTorch on CUDA with TF32, compiled', ['compiled', 'tf32']),
  cuda('jax-cuda', 'JAX on CUDA', []),
  cuda('jax-cuda', 'JAX on CUDA with TF32', ['tf32']),
  javascript('wasm', "this project on tfjs's wasm"),
  javascript('cpu', "this project on tfjs's cpu"),
  javascript('jax-js', 'jax-js on WebAssembly'),
];
