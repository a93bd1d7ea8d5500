// Times a step of 2-256-256-256-256-1 (omega 30) on simd against tfjs's wasm and cpu backends: the jet, a loss on it, and the gradient of all
// parameters. Checks that the backends agree before it times them; they take turns, and the medians are printed.
//
//     npm run build && cd packages/kernels-wasm && npm run bench -- [rounds] [width]
import { cpus } from 'node:os';
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-wasm';
import { createField, createRng, selectBackend, siren } from '@neural-fields/core';
import { enableProdMode, engine, scalar, square, sum, tensor2d } from '@tensorflow/tfjs-core';
import { JOBS } from '../dist/wasm/exports.js';

// Without it tfjs advertises its native backend.
enableProdMode();

const rounds = Number(process.argv[2] ?? 5);
const width = Number(process.argv[3] ?? 256);
const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: width, hiddenLayers: 3, omega0: 30 };
const multiplications = 3 * width * width + 3 * width;

/** Points of a step: as many as each backend can do in about a second or two. */
const points = { simd: 8192, wasm: 1024, cpu: 64 };

/** Supervisions, and the matrix products of a step for each layer; the forward pass runs twice, and the gradient goes by adjoints. */
const supervisions = {
  value: { request: {}, products: 4, part: 'value' },
  gradient: { request: { gradient: true }, products: 8, part: 'gradient' },
  laplacian: { request: { laplacian: true }, products: 16, part: 'laplacian' },
};

/** @param {readonly number[]} values */
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The mean loss and the gradient of the first weight. */
async function step(field, count, { request, part }) {
  const rng = createRng(3);
  const coords = tensor2d(
    Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1),
    [count, 2],
  );
  const begin = performance.now();
  const { value, grads } = engine().gradients(
    () => sum(square(field.jet(coords, request)[part])),
    Object.values(field.parameters),
    scalar(1 / count),
    true,
  );
  const weight = await grads[0].data();
  const seconds = (performance.now() - begin) / 1000;
  const loss = (await value.data())[0] / count;
  for (const tensor of [coords, value, ...grads]) tensor?.dispose();
  return { seconds, loss, weight };
}

/** Products and sums per second of the matrix kernel on a matrix that stays in the cache, on all threads, in GFLOP/s. */
function attainableRate({ arena, pool }) {
  const [rows, k, n] = [64 * pool.count, 256, 256];
  return arena.scope(() => {
    const job = arena.take(36);
    const record = [arena.take(4 * rows * k), k, rows, k, arena.take(4 * k * n), n / 8, arena.take(4 * rows * n), n, 64];
    arena.integers(job, 9).set(record);
    const rates = Array.from({ length: 40 }, () => {
      const begin = performance.now();
      for (let i = 0; i < 50; i++) pool.run(JOBS.product, job);
      return (50 * 2 * rows * k * n) / ((performance.now() - begin) * 1e6);
    });
    return Math.max(...rates.slice(10));
  });
}

console.log(`${cpus()[0].model}, Node ${process.version}, ${rounds} rounds, width ${width}`);

const times = {};
let rate = 0;
for (let round = 0; round <= rounds; round++)
  for (const backend of Object.keys(points)) {
    await selectBackend(backend);
    const field = createField(siren(size), { seed: 1 });
    if (backend === 'simd') rate = Math.max(rate, attainableRate(engine().backend.kernels));
    for (const [name, supervision] of Object.entries(supervisions)) {
      if (round === 0) {
        // The warm-up is the check: the same 64 points everywhere.
        const { loss, weight } = await step(field, 64, supervision);
        times[name] ??= { loss, weight };
        const scale = Math.max(...times[name].weight.map(Math.abs));
        const error = Math.max(...weight.map((w, i) => Math.abs(w - times[name].weight[i]))) / scale;
        if (!(error < 1e-3 && Math.abs(loss / times[name].loss - 1) < 1e-4))
          throw new Error(`${backend}: ${name} is off by ${error}`);
        continue;
      }
      const { seconds } = await step(field, points[backend], supervision);
      times[name][backend] ??= [];
      times[name][backend].push((1e6 * seconds) / points[backend]);
    }
    field.dispose();
  }

const { count } = await selectBackend('simd').then(() => engine().backend.kernels.pool);
console.log(`attainable: ${rate.toFixed(1)} GFLOP/s on ${count} threads`);
console.log('microseconds per point, median (fastest to slowest)');
for (const [name, { products }] of Object.entries(supervisions)) {
  const measured = Object.keys(points).map(backend => {
    const all = times[name][backend];
    return `${backend} ${median(all).toFixed(1)} (${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)})`;
  });
  const [simd, wasm] = ['simd', 'wasm'].map(backend => median(times[name][backend]));
  const reached = (2 * products * multiplications) / simd / 1e3 / rate;
  console.log(
    `${name.padEnd(10)}${measured.join(', ')}; ${(wasm / simd).toFixed(1)} times wasm, ${(100 * reached).toFixed(0)} % of the attainable rate`,
  );
}
console.log(`memory of the kernels: ${(engine().backend.kernels.arena.memory.buffer.byteLength / 2 ** 20).toFixed(1)} MiB`);
