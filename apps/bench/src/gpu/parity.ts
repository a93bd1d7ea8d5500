/** @file Whether the WebGPU kernels agree with the cpu backend on this card: by that package's own script. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** One network on the kernels, against the cpu backend. */
export interface ParityResult {
  /** How the kernel multiplies matrices. */
  readonly style: string;
  /** The activation, the network or the batch of fields. */
  readonly name: string;
  /**
   * The largest error over the largest value, of jets and of all gradients: for the value, with the gradient, with the
   * Laplacian. JSON has no NaN: an error that is not a number is `null`.
   */
  readonly errors: readonly (number | null)[];
  readonly good: boolean;
}

/** What was checked. */
export interface Parity {
  readonly adapter: string;
  /** Whether the card is emulated. */
  readonly software: boolean;
  readonly results: readonly ParityResult[];
  /** The largest error that is allowed; absent where the script did not finish. */
  readonly allowed?: number;
  /** Errors that the device reported. */
  readonly faults: readonly string[];
  /** Why the script did not finish. */
  readonly problem?: string;
}

/** Parity, or the reason why there is none. */
export type ParityOutcome = Parity | { readonly unavailable: string };

/** Resolved only when needed: a bundle of this program may not have it. */
const scriptFile = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('@neural-fields/kernels-webgpu/package.json')),
    'bench/parity.mjs',
  );

type Line = Partial<{
  readonly adapter: string;
  readonly software: boolean;
  readonly style: string;
  readonly name: string;
  readonly errors: readonly (number | null)[];
  readonly good: boolean;
  readonly fault: string;
  readonly allowed: number;
}>;

/** What to check, and for how long. */
export interface ParityOptions {
  /** Names of styles, activations, networks and batches; all if empty. */
  readonly only: readonly string[];
  /** Whether an emulated card is left out. */
  readonly needsCard: boolean;
  /** Seconds; whatever was checked by then is the result. */
  readonly timeLimit: number;
  readonly signal: AbortSignal;
  /** Called with each result. */
  readonly report: (result: ParityResult) => void;
}

/**
 * Runs the script.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const checkParity = async (options: ParityOptions): Promise<ParityOutcome> => {
  const { only, needsCard, timeLimit, signal, report } = options;
  const child = spawn(process.execPath, [scriptFile(), '--json', ...only], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): boolean => child.kill('SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, 1000 * timeLimit);
  signal.addEventListener('abort', stop);
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-4000);
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  let [adapter, software, allowed] = ['', false, undefined as number | undefined];
  const [results, faults]: [ParityResult[], string[]] = [[], []];
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      if (line.adapter !== undefined) [adapter, software] = [line.adapter, line.software ?? false];
      if (software && needsCard) return { unavailable: `its graphics card is emulated (${adapter})` };
      if (line.fault !== undefined) faults.push(line.fault);
      if (line.allowed !== undefined) allowed = line.allowed;
      const { style, name, errors, good } = line;
      if (style !== undefined && name !== undefined && errors !== undefined && good !== undefined) {
        const result = { style, name, errors, good };
        results.push(result);
        report(result);
      }
    }
    const code = await ended;
    signal.throwIfAborted();
    const [, said] = /^(?:parity|\w*Error): (.*)$/m.exec(errorText) ?? [];
    const reason = said ?? `it ended with code ${code}`;
    if (results.length === 0) return { unavailable: late ? `nothing was checked within ${timeLimit} s` : reason };
    const checked = { adapter, software, results, faults };
    if (allowed !== undefined) return { ...checked, allowed };
    return { ...checked, problem: late ? `stopped after ${timeLimit} s` : reason };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stop();
  }
};

/** `61 of 62 cases agree within 1e-4` */
export const describeParity = (parity: ParityOutcome): string => {
  if ('unavailable' in parity) return `not checked: ${parity.unavailable}`;
  const { results, allowed, faults, problem } = parity;
  const good = results.filter(result => result.good).length;
  return [
    `${good} of ${results.length} cases agree with the cpu backend${allowed === undefined ? '' : ` within ${allowed}`}`,
    ...(faults.length > 0 ? [`the device reported ${faults.length} faults: ${faults[0]}`] : []),
    ...(problem === undefined ? [] : [problem]),
  ].join('; ');
};
