// Measures the attainable rate of the matrix kernel on all threads, with a matrix that stays in the cache, in GFLOP/s.
// Prints one JSON object. The package must be built first.
//
//     npm run build && cd packages/kernels-wasm && npm run bench
import '@neural-fields/kernels-wasm';
import { enableProdMode, engine, ready, setBackend } from '@tensorflow/tfjs-core';
import { constants } from '../dist/generated/records.js';

// Keeps tfjs from advertising its native backend.
enableProdMode();
await setBackend('simd');
await ready();

const { arena, pool } = engine().backend.kernels;
const [rows, k, n] = [64 * pool.count, 256, 256];
const rates = arena.scope(() => {
  const job = arena.take(36);
  const record = [arena.take(4 * rows * k), k, rows, k, arena.take(4 * k * n), n / 8, arena.take(4 * rows * n), n, 64];
  arena.integers(job, 9).set(record);
  return Array.from({ length: 40 }, () => {
    const begin = performance.now();
    for (let i = 0; i < 50; i++) pool.run(constants.JOB_PRODUCT, job);
    return (50 * 2 * rows * k * n) / ((performance.now() - begin) * 1e6);
  });
});
// The first runs are warm-up, before the engine has optimised everything.
console.log(JSON.stringify({ attainableRate: Math.max(...rates.slice(10)), threads: pool.count }));
process.exit(0);
