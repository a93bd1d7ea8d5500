/**
 * @file The attainable rate of the matrix products of `simd`, measured by that package's own script in a process of its
 * own.
 */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Resolved only when needed: a bundle of this program may not have it. */
const script = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('@neural-fields/kernels-wasm/package.json')),
    'bench/product-rate.mjs',
  );

/** In GFLOP/s. @throws Error when it cannot be measured */
export const measureAttainableRate = (): Promise<number> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [script()], { timeout: 60_000 }, (error, stdout) => {
      if (error) return reject(error);
      resolve((JSON.parse(stdout) as { readonly attainableRate: number }).attainableRate);
    });
  });
