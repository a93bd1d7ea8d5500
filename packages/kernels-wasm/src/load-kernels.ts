import { platform } from '#platform';
import { constants } from './generated/records.ts';
import type { Machine, MachineFunctions, ProgramLayout } from './machine.ts';
import { ThreadPool, type ThreadPoolOptions } from './threads/pool.ts';
import { MAX_THREADS } from './threads/serve.ts';
import { type Build, chooseBuild } from './wasm/binary.ts';
import type { WasmExports } from './wasm/exports.ts';
import { Arena, createMemory } from './wasm/memory.ts';

/** The WebAssembly instance of this thread, with its memory and its thread pool. */
export interface Kernels {
  readonly wasm: WasmExports;
  readonly arena: Arena;
  readonly pool: ThreadPool;
  /** All of these as the machine that runs programs. */
  readonly machine: Machine;
  readonly build: Build['name'];
}

/** Options of the kernels. */
export interface KernelOptions {
  /**
   * Number of threads, from 1 to 16; the number of hardware threads, at most 16, if absent. With more threads, summing
   * their gradients costs more than they save.
   */
  readonly threads?: number;
  /**
   * Maximum memory of the kernels in bytes, without the tensors themselves; if absent 4 GiB, all that WebAssembly can
   * address.
   */
  readonly maximumMemory?: number;
  /**
   * In browsers: the URL of `@neural-fields/kernels-wasm/thread` as a module script. Needed only where the bundler does
   * not find the script itself and a content security policy forbids workers from `blob:` URLs.
   */
  readonly threadScript?: string | URL;
}

/** A tile's jets should fit in half of a second-level cache of 1 MiB. */
const LAYOUT: ProgramLayout = { panel: constants.PANEL, tileBytes: 2 ** 19 };

/** Options for tests. */
interface InternalOptions extends KernelOptions {
  /** The best build that the engine supports if absent. */
  readonly build?: Build;
  readonly timeoutMs?: number;
}

const assertOptions = ({ threads, maximumMemory }: KernelOptions): void => {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS))
    throw new RangeError(`simd: threads must be an integer from 1 to ${MAX_THREADS}, got ${threads}`);
  if (maximumMemory !== undefined && !(maximumMemory >= 2 ** 20))
    throw new RangeError(`simd: maximumMemory must be at least 1 MiB, got ${maximumMemory} bytes`);
};

/** Both ways of packing a matrix in one function. */
const matrixPacking =
  ({ packPanels, packTransposedPanels }: WasmExports): MachineFunctions['packMatrix'] =>
  (source, depth, columns, isTransposed, target) =>
    isTransposed
      ? packTransposedPanels(source, depth, columns, depth, target)
      : packPanels(source, depth, columns, columns, target);

/**
 * Compiles the kernels.
 *
 * @throws Error when the engine lacks WebAssembly SIMD or shared memory, RangeError when an option is wrong
 */
export const loadKernels = async (options: InternalOptions = {}): Promise<Kernels> => {
  assertOptions(options);
  platform.prepare();
  const { name: build, bytes } = options.build ?? chooseBuild();
  const module = await WebAssembly.compile(bytes);
  const memory = createMemory(options.maximumMemory);
  const instance = await WebAssembly.instantiate(module, { env: { memory, sin: Math.sin, cos: Math.cos } });
  const wasm = instance.exports as object as WasmExports;
  const arena = new Arena(memory);
  arena.startAt(wasm.heapBase());
  const available = platform.availableThreads();
  const count = available === 1 ? 1 : (options.threads ?? Math.min(available, MAX_THREADS));
  const { threadScript, timeoutMs } = options;
  const common = { module, kernels: wasm, arena, ...(timeoutMs !== undefined && { timeoutMs }) };
  const poolOptions: ThreadPoolOptions = { ...common, count, ...(threadScript && { script: `${threadScript}` }) };
  const pool = new ThreadPool(poolOptions);
  const kernelsOf = (pool: ThreadPool): Kernels => {
    const functions = { ...wasm, packMatrix: matrixPacking(wasm) };
    return { wasm, arena, pool, build, machine: { functions, arena, pool, layout: LAYOUT } };
  };
  try {
    await pool.prepare();
    return kernelsOf(pool);
  } catch {
    // Without workers everything runs on the calling thread: slower, but otherwise the same.
    return kernelsOf(new ThreadPool({ ...common, count: 1 }));
  }
};
