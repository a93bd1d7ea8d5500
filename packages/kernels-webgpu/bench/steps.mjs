// The host time of a training step of 2-256-256-256-256-1 (omega 30, a pointwise loss, Adam), and its dispatches and
// submissions. On a software adapter the device time is meaningless, which the output says.
//
//     npm run build && cd packages/kernels-webgpu && npm run bench -- [points] [steps] [width]

import { adam, createField, createRng, fit, selectBackend, siren, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { useDawn } from '@neural-fields/kernels-webgpu/node';
import { enableProdMode, engine } from '@tensorflow/tfjs-core';

enableProdMode();
await useDawn();
const { isSoftware } = await import('../dist/device/create-device.js');
await selectBackend('webgpu');

const [points = 256, steps = 10, width = 32] = process.argv.slice(2).map(Number);
const adapter = await navigator.gpu.requestAdapter();
const software = isSoftware(adapter.info);
console.log(
  `${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}${software ? ', an emulation' : ''}`,
);
console.log(`${points} points a step, ${steps} steps, width ${width}, Node ${process.version}`);

const squaresOf = of => ({ errors: [{ of }], penalty: squared });
const supervisions = {
  value: { request: {}, pointwise: squaresOf('value') },
  gradient: { request: { gradient: true }, pointwise: squaresOf('gradient') },
  laplacian: { request: { laplacian: true }, pointwise: squaresOf('laplacian') },
};

const rng = createRng(3);
const coords = Float32Array.from({ length: 2 * points }, () => 2 * rng.uniform() - 1);
const source = {
  inFeatures: 2,
  pointsPerStep: points,
  fixed: true,
  draw: (start, count) => ({ coords: coords.slice(2 * start, 2 * (start + count)) }),
};

/** @param {readonly number[]} values */
const median = values => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Runs some steps of a fit with one report at the end. The host time is that between consecutive updates; few of them
 * include a wait.
 */
async function run(field, task, count) {
  const { backend } = engine();
  const before = backend.counters;
  const begin = performance.now();
  const updates = [];
  const optimizer = adam({ learningRate: 1e-4 });
  const update = input => {
    const next = optimizer.update(input);
    updates.push(performance.now());
    return next;
  };
  for await (const _ of fit(field, task, { steps: count, reportEvery: count, optimizer: { ...optimizer, update } }));
  const { dispatches, submissions, readBacks } = backend.counters;
  return {
    host: median(updates.slice(1).map((at, index) => at - updates[index])),
    all: performance.now() - begin,
    dispatches: dispatches - before.dispatches,
    submissions: submissions - before.submissions,
    readBacks: readBacks - before.readBacks,
  };
}

for (const [name, { request, pointwise }] of Object.entries(supervisions)) {
  const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: width, hiddenLayers: 3, omega0: 30 };
  const field = createField(siren(size), { seed: 1 });
  const loss = Object.assign(
    () => {
      throw new Error('the loss must be computed inside the kernel');
    },
    { pointwise },
  );
  const task = [term({ points: source, derivatives: request, loss })];
  const begin = performance.now();
  await run(field, task, 1);
  const first = performance.now() - begin;
  // The difference of a fit with twice as many steps cancels the cost of starting and ending a fit.
  const once = await run(field, task, steps);
  const twice = await run(field, task, 2 * steps);
  const perStep = Object.fromEntries(Object.entries(twice).map(([key, value]) => [key, (value - once[key]) / steps]));
  console.log(
    `${name.padEnd(10)}first step ${(first / 1000).toFixed(1)} s, then a step: host ${twice.host.toFixed(2)} ms, ` +
      `${perStep.dispatches} dispatches, ${perStep.submissions} submissions, ${perStep.readBacks} read-backs` +
      (software ? '' : `, in all ${perStep.all.toFixed(2)} ms`),
  );
  field.dispose();
}
console.log(`buffers of the kernels: ${(engine().backend.scratchBytes / 2 ** 20).toFixed(1)} MiB`);
