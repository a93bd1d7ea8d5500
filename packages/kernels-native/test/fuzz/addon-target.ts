/**
 * @file Wrong calls of the addon: right ones of which some words of the records, or the arguments, are changed. Each is
 *   refused, or works inside the memory, behind which the sanitizer lets nothing be touched.
 */
import { createRng, type Rng } from '@neural-fields/core';
import { createSimdBackend } from '@neural-fields/kernels-wasm';
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import type { Addon, MachineHandle } from '../../src/addon/addon.ts';
import { NativeBackend } from '../../src/backend.ts';
import { createMachine } from '../../src/machine.ts';
import { addon } from './fuzz-backend.ts';
import { hashOf, worksFor } from './native-target.ts';
import { pick, randomNetwork } from './random-network.ts';

const NAMES = [
  'run',
  'clear',
  'addThreads',
  'packParameters',
  'packMatrix',
  'collectGradients',
  'joinFields',
  'collectFields',
] as const;
type Name = (typeof NAMES)[number];

/** A call with the memory that it found. */
interface Call {
  readonly name: Name;
  readonly instructionSet: string;
  readonly args: readonly number[];
  readonly memory: Uint8Array;
}

const THREADS = 3;
/** Enough for small networks, and little enough to be copied for each case. */
const MEMORY = 2 ** 23;
/** Of each function, or kind of job, for each instruction set. */
const CALLS_OF_A_KIND = 6;

type Callable = (machine: unknown, ...args: readonly unknown[]) => unknown;

/** The addon, which keeps some of the calls that it gets. */
const recording = (instructionSet: string, calls: Call[], memory: () => SharedArrayBuffer): Addon => {
  const counts = new Map<string, number>();
  const wrapped = NAMES.map(name => [
    name,
    (machine: MachineHandle, ...args: number[]): void => {
      const kind = name === 'run' ? `run ${args[0]}` : name;
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      if (count < CALLS_OF_A_KIND) calls.push({ name, instructionSet, args, memory: new Uint8Array(memory()).slice() });
      (addon[name] as Callable)(machine, ...args);
    },
  ]);
  return { ...addon, ...Object.fromEntries(wrapped) };
};

/** Calls of all kinds, as random work makes them. */
const recordCalls = async (): Promise<readonly Call[]> => {
  const calls: Call[] = [];
  for (const instructionSet of addon.instructionSets()) {
    const simd = await createSimdBackend({ threads: 1, maximumMemory: MEMORY });
    const { memory } = simd.kernels.arena;
    const one = recording(instructionSet, calls, () => memory.buffer as object as SharedArrayBuffer);
    const machine = createMachine(one, simd.kernels, { threads: THREADS, instructionSet, precision: 'float32' });
    const backend = new NativeBackend(simd, machine, instructionSet, 'float32');
    removeBackend('native');
    registerBackend('native', () => backend, 3);
    await setBackend('native');
    await ready();
    const rng = createRng(1);
    for (let index = 0; index < 12; index++)
      for (const make of worksFor)
        try {
          await make(rng, randomNetwork(rng))(() => undefined, 0);
        } catch (error) {
          if (!(error instanceof Error && error.name === 'KernelMemoryError')) throw error;
        }
  }
  return calls;
};

let recorded: Promise<readonly Call[]> | undefined;

/** What a word is exchanged for: counts that are too large, and addresses at the end of the memory and behind it. */
const wordFor = (rng: Rng, old: number, length: number): number =>
  pick(rng, [
    () => old + pick(rng, [-4, -1, 1, 2, 4]),
    () => pick(rng, [-1, -2, 0, 1, 2, 3, 5]),
    () => length - pick(rng, [0, 4, 8, 16, 60, 64, 128]),
    () => length + pick(rng, [4, 64, 2 ** 20]),
    () => pick(rng, [2 ** 31 - 1, -(2 ** 31), -16, 2 ** 30, 2 ** 24, 2 ** 16]),
  ])();

/** What is no address and no count. */
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  -1,
  1.5,
  2 ** 32,
  2 ** 53,
  Number.POSITIVE_INFINITY,
  '8',
  {},
  [],
  8n,
  true,
  () => 8,
];

const run = async (bytes: Uint8Array): Promise<void> => {
  recorded ??= recordCalls();
  const calls = await recorded;
  const rng = createRng(hashOf(bytes));
  const { name, args, instructionSet, memory } = pick(rng, calls);
  // Of the same length, so that the sanitizer watches over its end.
  const shared = new Uint8Array(new SharedArrayBuffer(memory.length));
  shared.set(memory);
  const machine = addon.createMachine(shared, THREADS, instructionSet);
  const words = new Int32Array(shared.buffer);
  const address = args[name === 'run' ? 1 : 0] as number;
  for (let index = rng.integer(6); index > 0; index--) {
    const place = Math.floor(address / 4) + rng.integer(4096) - (name === 'run' ? 3072 : 64);
    if (place >= 0 && place < words.length) words[place] = wordFor(rng, words[place] as number, shared.length);
  }
  const given: unknown[] = [...args];
  if (rng.integer(3) === 0) {
    const place = rng.integer(given.length);
    given[place] = rng.integer(2) === 0 ? wordFor(rng, args[place] as number, shared.length) : pick(rng, NONSENSE);
  }
  if (rng.integer(20) === 0) given.splice(rng.integer(given.length), 1);
  if (rng.integer(20) === 0) given.push(0);
  if (rng.integer(8) === 0) addon.dispose(machine);
  try {
    (addon[name] as Callable)(rng.integer(20) === 0 ? pick(rng, NONSENSE) : machine, ...given);
  } finally {
    addon.dispose(machine);
  }
};

/** Calls of the addon with wrong records, addresses and arguments. */
export const addonTarget: FuzzTarget = {
  name: 'native-addon',
  // The second one is the case of a call as it was.
  seeds: () => [Uint8Array.of(1), Uint8Array.of(4)],
  read: run,
  isTyped: error => error instanceof TypeError || error instanceof RangeError,
  memory: { base: 2 ** 30, perByte: 2 ** 16 },
  milliseconds: 60_000,
};
