import { platform } from '#platform';
import { ThreadPool } from '../threads/pool.ts';
import { chooseBinary } from './binary.ts';
import type { WasmExports } from './exports.ts';
import { Arena } from './memory.ts';

/** 4 GiB, all that WebAssembly can address; only what is used is taken from the machine. */
const MAXIMUM_PAGES = 65_536;
/** More threads than this have more to add up than they save. */
const MOST_THREADS = 16;

/** The WebAssembly instance of this thread with its memory and its helpers. */
export interface Kernels {
  readonly wasm: WasmExports;
  readonly arena: Arena;
  readonly pool: ThreadPool;
}

/**
 * Compiles the kernels.
 *
 * @param threads how many threads may work at once; as many as the machine runs if absent
 * @param binary the module; the best build that the engine takes if absent
 * @throws Error when the engine lacks WebAssembly SIMD or shared memory
 */
export const loadKernels = async (threads?: number, binary?: Uint8Array<ArrayBuffer>): Promise<Kernels> => {
  platform.prepare();
  const module = await WebAssembly.compile(binary ?? chooseBinary());
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const instance = await WebAssembly.instantiate(module, { env: { memory, sin: Math.sin, cos: Math.cos } });
  const wasm = instance.exports as object as WasmExports;
  const arena = new Arena(memory);
  arena.startAt(wasm.heapBase());
  const available = platform.availableThreads();
  const count = Math.max(1, Math.min(threads ?? available, available === 1 ? 1 : MOST_THREADS));
  const pool = new ThreadPool(module, wasm, arena, count);
  try {
    await pool.prepare();
    return { wasm, arena, pool };
  } catch {
    // One thread is slower and otherwise as good.
    return { wasm, arena, pool: new ThreadPool(module, wasm, arena, 1) };
  }
};
