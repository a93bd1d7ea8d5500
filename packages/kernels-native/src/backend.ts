import { assertOptions } from '@neural-fields/core/options';
import { createSimdBackend, type KernelOptions, SimdBackend } from '@neural-fields/kernels-wasm';
import { loadAddon } from '#addon';
import { createMachine, kernelsOf, type NativeMachine, type Precision } from './machine.ts';

/** The name under which tfjs knows the backend. */
export const BACKEND_NAME = 'native';

/** The maximum number of threads that share a job. */
const MAX_THREADS = 64;
/** The same for the kernels in WebAssembly. */
const MAX_SIMD_THREADS = 16;

/** How the kernels work. */
export interface NativeOptions extends Pick<KernelOptions, 'maximumMemory'> {
  /** How many threads may work at once, at most 64; as many as the machine runs if absent. */
  readonly threads?: number;
  /** One of {@link nativeInstructionSets}: the first if absent. */
  readonly instructionSet?: string;
  /**
   * `'float32'` (the default) for products as exact as float32 arithmetic; with `'high'` they may have relative errors
   * of 1e-5, where that is faster: on AMX, which is then the default.
   */
  readonly precision?: Precision;
}

const loaded = loadAddon();

/** Why there are no native kernels here, in one sentence; `undefined` where there are. */
export const nativeProblem: string | undefined = 'problem' in loaded ? loaded.problem : undefined;

/** Every set of kernels that this processor can run, best first. */
const kernelNames = 'addon' in loaded ? loaded.addon.instructionSets() : [];

/**
 * The sets of instructions that there are kernels for and that this processor has, best first: of `AMX`, `AVX-512`,
 * `AVX2`, `SSE2` and `NEON`.
 */
export const nativeInstructionSets: readonly string[] = kernelNames.filter(name => !name.endsWith(' high'));

/** Those that have less exact products too. */
const setsWithHigh = nativeInstructionSets.filter(name => kernelNames.includes(kernelsOf(name, 'high')));

/** The backend `simd` of kernels-wasm, whose programs, losses and Adam updates run in native code. */
export class NativeBackend extends SimdBackend {
  readonly #machine: NativeMachine;
  readonly instructionSet: string;
  /** How exact its products are: `'high'` only where there are kernels for it. */
  readonly precision: Precision;

  /** @internal */
  constructor({ kernels }: SimdBackend, machine: NativeMachine, instructionSet: string, precision: Precision) {
    super(kernels);
    this.#machine = machine;
    this.instructionSet = instructionSet;
    this.precision = precision;
  }

  /** What runs programs. */
  override get machine(): NativeMachine {
    return this.#machine;
  }

  /** How many threads share the work. */
  override get threads(): number {
    return this.#machine.pool.count;
  }

  /** What the roundings of results depend on. A checkpoint of core's keeps it. */
  override get numerics(): Readonly<Record<string, string>> {
    return { threads: String(this.threads), instructions: kernelsOf(this.instructionSet, this.precision) };
  }

  /** Ends the threads. */
  override dispose(): void {
    this.#machine.dispose();
    super.dispose();
  }
}

/**
 * Makes a backend with other settings than the one that the package registers. tfjs takes it in the other's place:
 *
 *     removeBackend('native');
 *     registerBackend('native', () => createNativeBackend({ threads: 2 }), 3);
 *
 * @throws Error when there are no native kernels here, RangeError when an option is wrong
 */
export const createNativeBackend = async (options: NativeOptions = {}): Promise<NativeBackend> => {
  assertOptions('createNativeBackend', options, { threads: 1, instructionSet: 1, precision: 1, maximumMemory: 1 });

  if ('problem' in loaded) throw new Error(`native: ${loaded.problem}`);
  const { addon, threads: available } = loaded;
  const { threads = Math.min(available, MAX_THREADS), precision = 'float32', maximumMemory } = options;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS))
    throw new RangeError(`native: threads must be an integer from 1 to ${MAX_THREADS}, got ${threads}`);
  if (precision !== 'float32' && precision !== 'high')
    throw new RangeError(`native: precision must be 'float32' or 'high', got ${precision}`);
  const best = nativeInstructionSets[0] as string;
  const { instructionSet = precision === 'high' ? (setsWithHigh[0] ?? best) : best } = options;
  if (!nativeInstructionSets.includes(instructionSet))
    throw new RangeError(
      `native: instructionSet must be one of ${nativeInstructionSets.join(', ')}, got ${instructionSet}`,
    );
  const simd = await createSimdBackend({
    threads: Math.min(threads, MAX_SIMD_THREADS),
    ...(maximumMemory !== undefined && { maximumMemory }),
  });
  const own = setsWithHigh.includes(instructionSet) ? precision : 'float32';
  const machine = createMachine(addon, simd.kernels, { threads, instructionSet, precision: own });
  return new NativeBackend(simd, machine, instructionSet, own);
};
