/**
 * @file Backends for the fuzzer. With a binary that was made with `--sanitize`, the gaps between the parts of the
 *   kernels' memory may not be touched: what a kernel reads or writes behind a part ends the process.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createSimdBackend, type SimdBackend } from '@neural-fields/kernels-wasm';
import { env, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { Addon, MachineHandle } from '../../src/addon/addon.ts';
import { findBinaries, loadAddon, loadBinary } from '../../src/addon/load.node.ts';
import { NativeBackend } from '../../src/backend.ts';
import '../../src/index.ts';
import { createMachine } from '../../src/machine.ts';

// It prints an advertisement otherwise.
env().set('PROD', true);

/** What a binary with sanitizers offers besides. */
interface SanitizedAddon extends Addon {
  poison(machine: MachineHandle, address: number, bytes: number): void;
  unpoison(machine: MachineHandle, address: number, bytes: number): void;
}

const sanitized = fileURLToPath(new URL('../../build/sanitized/kernels.node', import.meta.url));

/** Whether Node has been started with the sanitizer, without which such a binary cannot be loaded. */
const isSanitized = (process.env['LD_PRELOAD'] ?? '').includes('asan') && existsSync(sanitized);

const loaded = isSanitized ? loadBinary({ path: sanitized }) : loadAddon(findBinaries());
if ('problem' in loaded) throw new Error(`native: ${loaded.problem}`);

/** The addon that is tried. */
export const addon: Addon = loaded.addon;

const hasPoison = (one: Addon): one is SanitizedAddon => 'poison' in one;

const GAP = 64;

/** Leaves a gap behind each part of the memory. */
const guard = ({ kernels: { arena } }: SimdBackend, binary: SanitizedAddon): void => {
  // A machine of its own, which is only told which parts there are.
  let known = arena.memory.buffer;
  const machine = binary.createMachine(new Uint8Array(known), 1, binary.instructionSets()[0] as string);
  const gaps: number[] = [];
  const take = arena.take.bind(arena);
  const scope = arena.scope.bind(arena);
  arena.take = bytes => {
    const address = take(GAP * Math.ceil(bytes / GAP) + GAP);
    if (known !== arena.memory.buffer) {
      known = arena.memory.buffer;
      binary.grow(machine, new Uint8Array(known));
    }
    const gap = address + GAP * Math.ceil(bytes / GAP);
    binary.poison(machine, gap, GAP);
    gaps.push(gap);
    return address;
  };
  arena.scope = job => {
    const before = gaps.length;
    try {
      return scope(job);
    } finally {
      for (const gap of gaps.splice(before)) binary.unpoison(machine, gap, GAP);
    }
  };
};

/** How a backend is made. */
export interface FuzzBackendOptions {
  readonly threads: number;
  readonly instructionSet: string;
  readonly maximumMemory?: number;
}

/** Makes a backend, registers it in the place of `native`, and uses it. Tensors of the one before it are lost. */
export const useFuzzBackend = async ({
  threads,
  instructionSet,
  ...rest
}: FuzzBackendOptions): Promise<NativeBackend> => {
  const simd = await createSimdBackend({ threads: 1, ...rest });
  if (hasPoison(addon)) guard(simd, addon);
  const machine = createMachine(addon, simd.kernels, { threads, instructionSet, precision: 'float32' });
  const backend = new NativeBackend(simd, machine, instructionSet, 'float32');
  removeBackend('native');
  registerBackend('native', () => backend, 3);
  await setBackend('native');
  await ready();
  return backend;
};
