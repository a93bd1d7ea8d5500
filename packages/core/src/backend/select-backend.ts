/** @file Selection of the tfjs backend, with the reasons for the choice. */
import { engine, getBackend, matMul, ready, removeBackend, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { ExplainedError } from '../explained-error.ts';
import { HOW_TO_GET_A_BACKEND } from './advice.ts';
import { fieldBackend } from './registry.ts';
import { installTransposingMatMulGradient } from './transposing-matmul-gradient.ts';

/** A backend that an application offers. */
export interface BackendCandidate {
  /** Its tfjs name: `webgpu`, `simd`, `tensorflow`, `webgl`, `wasm`, `cpu`. */
  readonly name: string;
  /**
   * Imports the package that registers it, e.g. `() => import('@tensorflow/tfjs-backend-wasm')`. Throws when the
   * backend is not available here; the error's message is the reason that is reported.
   */
  load(): Promise<unknown>;
}

/** The result of trying one candidate. */
export interface BackendVerdict {
  readonly name: string;
  readonly usable: boolean;
  readonly reason: string;
}

/** The backend that was chosen. */
export interface BackendChoice {
  readonly name: string;
  /** One sentence. */
  readonly reason: string;
  /** All candidates that were tried, in order. */
  readonly considered: readonly BackendVerdict[];
}

/** Thrown by {@link selectBackend} when the requested candidate, or for `auto` every one, does not work here. */
export class BackendError extends ExplainedError {
  override readonly name = 'BackendError';
  /** What was requested: `auto`, or a backend's name. */
  readonly wanted: string;
  /** The candidates that were tried, in order, each with the reason why it does not work. */
  readonly considered: readonly BackendVerdict[];

  constructor(wanted: string, considered: readonly BackendVerdict[]) {
    super('selectBackend', `no backend can be used: ${describeVerdicts(considered)}`);
    this.wanted = wanted;
    this.considered = considered;
  }
}

/** `webgpu: this platform has no WebGPU; simd: ...`. */
const describeVerdicts = (verdicts: readonly BackendVerdict[]): string =>
  verdicts.map(({ name, reason }) => `${name}: ${reason}`).join('; ');

/** The ranks of tfjs's own backends: libtensorflow (CPU or CUDA), GPU through WebGL, WebAssembly, plain JavaScript. */
const TFJS_RANKS: Readonly<Record<string, number>> = { webgpu: 45, tensorflow: 30, webgl: 20, wasm: 10, cpu: 0 };

/** Where backends come from. */
const PACKAGES: Readonly<Record<string, string>> = {
  webgpu: '@neural-fields/kernels-webgpu',
  native: '@neural-fields/kernels-native',
  simd: '@neural-fields/kernels-wasm',
  tensorflow: '@tensorflow/tfjs-node',
  webgl: '@tensorflow/tfjs-backend-webgl',
  wasm: '@tensorflow/tfjs-backend-wasm',
  cpu: '@tensorflow/tfjs-backend-cpu',
};

const rank = (name: string): number => fieldBackend(name)?.rank ?? TFJS_RANKS[name] ?? 0;

/** The backends that are already registered with tfjs, best first. */
const registered = (): BackendCandidate[] =>
  Object.keys(engine().registryFactory)
    .sort((a, b) => rank(b) - rank(a))
    .map(name => ({ name, load: () => Promise.resolve() }));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface GpuAdapter {
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly description?: string; readonly vendor?: string };
}

/**
 * Why WebGPU should not be used here; `undefined` when it should. tfjs throws "null.features" where there is no
 * adapter, so this checks first.
 */
const webgpuProblem = async (softwareToo: boolean): Promise<string | undefined> => {
  const { gpu } = (globalThis.navigator ?? {}) as object as { gpu?: { requestAdapter(): Promise<GpuAdapter | null> } };
  if (gpu === undefined) return 'this platform has no WebGPU';
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return 'WebGPU has no adapter here';
  const { isFallbackAdapter = false, description = '', vendor = '' } = adapter.info ?? {};
  const software = isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(`${vendor} ${description}`);
  return software && !softwareToo ? 'the WebGPU adapter is a software emulation' : undefined;
};

/** Loads a candidate and multiplies two matrices on it. Throws the reason when it does not work. */
const tryBackend = async ({ name, load }: BackendCandidate, explicit: boolean): Promise<void> => {
  await load();
  if (name === 'webgpu') {
    const problem = await webgpuProblem(explicit);
    if (problem !== undefined) throw new Error(problem);
  }
  if (engine().registryFactory[name] === undefined) throw new Error(`its package did not register '${name}' with tfjs`);
  if (!(await setBackend(name))) {
    removeBackend(name); // otherwise tfjs would try it again
    throw new Error('tfjs could not initialise it');
  }
  await ready();
  const identity = tensor2d([1, 0, 0, 1], [2, 2]);
  const product = matMul(identity, identity);
  const values = await product.data();
  identity.dispose();
  product.dispose();
  if (values[0] !== 1 || values[1] !== 0) throw new Error(`it multiplies matrices wrongly: ${String(values)}`);
  if (name === 'wasm') installTransposingMatMulGradient();
};

/**
 * Sets the tfjs backend: the requested one, or for `auto` the first one that works here. Tensors and fields that are
 * created later use it.
 *
 * @param wanted `auto`, or a backend's name
 * @param candidates what the application can offer, best first; the backends that are registered already if absent
 * @throws RangeError when the requested one is not among the candidates, BackendError when it (or, for `auto`, every
 *   one) does not work; it has the reason for each
 */
export const selectBackend = async (
  wanted = 'auto',
  candidates: readonly BackendCandidate[] = registered(),
): Promise<BackendChoice> => {
  const tried = wanted === 'auto' ? candidates : candidates.filter(({ name }) => name === wanted);
  const names = candidates.map(({ name }) => name).join(', ') || 'none';
  if (candidates.length === 0)
    throw new RangeError(`selectBackend: wanted '${wanted}', and there is no backend; ${HOW_TO_GET_A_BACKEND}`);
  if (tried.length === 0) {
    const advice = PACKAGES[wanted] === undefined ? '' : `; import '${PACKAGES[wanted]}' before`;
    throw new RangeError(`selectBackend: no backend '${wanted}'; the candidates: ${names}${advice}`);
  }
  const before = Object.keys(engine().registry).length > 0 ? getBackend() : undefined;
  const considered: BackendVerdict[] = [];
  for (const candidate of tried) {
    try {
      await tryBackend(candidate, wanted !== 'auto');
      const passedOver = describeVerdicts(considered);
      const reason =
        wanted !== 'auto'
          ? 'it was requested'
          : passedOver === ''
            ? 'it is the best of the candidates'
            : `it is the best that works here (${passedOver})`;
      considered.push({ name: candidate.name, usable: true, reason });
      return { name: candidate.name, reason, considered };
    } catch (error) {
      considered.push({ name: candidate.name, usable: false, reason: messageOf(error) });
    }
  }
  if (before !== undefined && engine().registryFactory[before] !== undefined) await setBackend(before);
  throw new BackendError(wanted, considered);
};

/**
 * The recommended number of steps between the reports of a fit on the backend in use; 1 unless its package says
 * otherwise.
 */
export const reportInterval = (): number => fieldBackend(getBackend())?.reportEvery ?? 1;
