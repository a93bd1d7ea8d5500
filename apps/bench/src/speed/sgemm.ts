/** @file The rates of matrix products in the libraries of Python: what this machine reaches in float32 at its best. */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { pythonFile } from '../files.ts';
import type { SgemmRate } from './results.ts';

/** The timeout for one number of threads, in milliseconds. */
const TIMEOUT_MS = 300_000;

/** What the script prints. */
interface ScriptOutput {
  readonly rates: readonly SgemmRate[];
  /** Why a library has no rates. */
  readonly missing: readonly string[];
}

const runScript = (python: string, threads: number, signal: AbortSignal): Promise<ScriptOutput> =>
  new Promise((resolve, reject) => {
    const count = String(threads);
    const env = { ...process.env, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count };
    const args = [pythonFile('sgemm_rate.py'), count];
    execFile(python, args, { env, signal, timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error) return reject(error);
      resolve(JSON.parse(stdout) as ScriptOutput);
    });
  });

/**
 * Measures numpy's and PyTorch's products on one thread and on all.
 *
 * @param python an interpreter that has either library
 * @throws Error when the script fails
 */
export const measureSgemm = async (python: string, signal: AbortSignal): Promise<readonly SgemmRate[]> => {
  const rates: SgemmRate[] = [];
  for (const threads of new Set([1, availableParallelism()]))
    rates.push(...(await runScript(python, threads, signal)).rates);
  return rates;
};

/** The higher of two rates of the same product: other programs only make products slower. */
export const mergeSgemm = (before: readonly SgemmRate[], after: readonly SgemmRate[]): readonly SgemmRate[] => {
  const keyOf = ({ rate: _, ...rest }: SgemmRate): string => JSON.stringify(rest);
  const merged = new Map<string, SgemmRate>();
  for (const each of [...before, ...after]) {
    const known = merged.get(keyOf(each));
    if (known === undefined || known.rate < each.rate) merged.set(keyOf(each), each);
  }
  return [...merged.values()];
};

/** The highest of all; `undefined` where nothing was measured. */
export const bestSgemm = (rates: readonly SgemmRate[]): SgemmRate | undefined =>
  [...rates].sort((a, b) => b.rate - a.rate)[0];
