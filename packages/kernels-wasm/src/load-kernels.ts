import { platform } from '#platform';
import { constants } from './generated/records.ts';
import type { Machine, ProgramLayout } from './machine.ts';
import { ThreadPool, type ThreadPoolOptions } from './threads/pool.ts';
import { MOST_THREADS } from './threads/serve.ts';
import { type Build, chooseBuild } from './wasm/binary.ts';
import type { WasmExports } from './wasm/exports.ts';
import { Arena, createMemory } from './wasm/memory.ts';

/** The WebAssembly instance of this thread with its memory and its helpers. */
export interface Kernels {
  readonly wasm: WasmExports;
  readonly arena: Arena;
  readonly pool: ThreadPool;
  /** All of it as what runs programs. */
  readonly machine: Machine;
  readonly build: Build['name'];
}

/** How the kernels work. */
export interface KernelOptions {
  /**
   * How many threads may work at once, at most 16; as many as the machine runs if absent. More threads have more to add
   * up than they save.
   */
  readonly threads?: number;
  /**
   * Bytes that the kernels may take at most, beside the tensors themselves; all that WebAssembly can address, 4 GiB, if
   * absent.
   */
  readonly maximumMemory?: number;
  /**
   * In browsers: the address of `@neural-fields/kernels-wasm/thread` as a module script. Needed only where the bundler
   * does not find the script itself and a content security policy forbids workers from `blob:` addresses.
   */
  readonly threadScript?: string | URL;
}

/** A tile's jets should fit in half of a second-level cache of 1 MiB. */
const LAYOUT: ProgramLayout = { panel: constants.PANEL, tileBytes: 2 ** 19 };

/** What only tests choose. */
interface InternalOptions extends KernelOptions {
  /** The best that the engine takes if absent. */
  readonly build?: Build;
  readonly patience?: number;
}

const assertOptions = ({ threads, maximumMemory }: KernelOptions): void => {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS))
    throw new RangeError(`simd: threads must be an integer from 1 to ${MOST_THREADS}, got ${threads}`);
  if (maximumMemory !== undefined && !(maximumMemory >= 2 ** 20))
    throw new RangeError(`simd: maximumMemory must be at least 1 MiB, got ${maximumMemory} bytes`);
};

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
  const count = available === 1 ? 1 : (options.threads ?? Math.min(available, MOST_THREADS));
  const { threadScript, patience } = options;
  const common = { module, kernels: wasm, arena, ...(patience !== undefined && { patience }) };
  const poolOptions: ThreadPoolOptions = { ...common, count, ...(threadScript && { script: `${threadScript}` }) };
  const pool = new ThreadPool(poolOptions);
  const kernelsOf = (pool: ThreadPool): Kernels => {
    return { wasm, arena, pool, build, machine: { functions: wasm, arena, pool, layout: LAYOUT } };
  };
  try {
    await pool.prepare();
    return kernelsOf(pool);
  } catch {
    // One thread is slower and otherwise as good.
    return kernelsOf(new ThreadPool({ ...common, count: 1 }));
  }
};
