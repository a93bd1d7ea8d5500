// Compares float16 between layers (`halfPrecision`) with float32 for SIRENs with omega 30, and for sines of that
// frequency with other weights: the errors of jets and of gradients of losses on them, the memory of the kernels'
// buffers, and training curves. Needs an adapter with `shader-f16`.
//
//     npm run build && cd packages/kernels-webgpu && npm run half-precision -- [points] [steps] [width] [hidden layers]

import { adam, createField, createRng, evaluateJet, fit, mlp, siren, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { useDawn } from '@neural-fields/kernels-webgpu/node';
import {
  enableProdMode,
  engine,
  mean,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
  square,
  tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';

enableProdMode();
await useDawn();
const { createWebgpuBackend } = await import('@neural-fields/kernels-webgpu');
const [points = 512, steps = 40, width, layers] = process.argv.slice(2).map(Number);
const sirenOf = (hiddenFeatures, hiddenLayers) =>
  siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0: 30 });
const strange = {
  inFeatures: 2,
  outFeatures: 1,
  hiddenFeatures: 64,
  hiddenLayers: 2,
  activation: { kind: 'sine', omega: 30 },
};
const specs =
  width === undefined
    ? { '64x2': sirenOf(64, 2), '256x3': sirenOf(256, 3), '64x2 with other weights': mlp(strange) }
    : { [`${width}x${layers}`]: sirenOf(width, layers) };
const { info, features } = await navigator.gpu.requestAdapter();
console.log(`${info.vendor} ${info.architecture} ${info.description}`);
if (!features.has('shader-f16')) {
  console.error('half-precision: this adapter does not offer shader-f16');
  process.exit(1);
}

const faults = [];

/** Registers a backend with tiled products and makes it current. */
async function useKernels(halfPrecision) {
  removeBackend('webgpu');
  registerBackend('webgpu', () => createWebgpuBackend({ productStyle: 'tiled', halfPrecision }), 3);
  await setBackend('webgpu');
  engine().backend.device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message));
}

const rng = createRng(7);
const coords = Float32Array.from({ length: 2 * points }, () => 2 * rng.uniform() - 1);
const requests = { value: {}, gradient: { gradient: true }, laplacian: { laplacian: true } };

/** Jets for random weights, the gradients of their mean square, and the bytes of the buffers. */
async function measure(spec, halfPrecision) {
  await useKernels(halfPrecision);
  const { parameters } = createField(spec, { seed: 5 });
  const names = Object.keys(parameters);
  const values = await Promise.all(names.map(async name => [await parameters[name].data(), parameters[name].shape]));
  const tensors = values.map(([data, shape]) => tensor(data, shape));
  const x = tensor2d(coords, [points, 2]);
  const found = {};
  for (const [name, request] of Object.entries(requests)) {
    const part = () =>
      evaluateJet(spec, Object.fromEntries(names.map((key, i) => [key, tensors[i]])), x, request)[name];
    found[name] = await part().data();
    const { grads } = engine().gradients(() => mean(square(part())), tensors, scalar(1), true);
    const numbers = await Promise.all(grads.map(gradient => gradient.data()));
    found[`parameters of ${name}`] = numbers.flatMap(gradient => [...gradient]);
  }
  return { found, bytes: engine().backend.scratchBytes };
}

/**
 * The norm of the error relative to that of the expected values, and the maximum error relative to the largest value.
 */
function errorOf(actual, expected) {
  let [difference, norm, worst, largest] = [0, 0, 0, 0];
  for (const [i, value] of expected.entries()) {
    const error = Math.abs(actual[i] - value);
    difference += error ** 2;
    norm += value ** 2;
    worst = Math.max(worst, error);
    largest = Math.max(largest, Math.abs(value));
  }
  return { norm: Math.sqrt(difference / norm), worst: worst / largest };
}

for (const [name, spec] of Object.entries(specs)) {
  const [single, half] = [await measure(spec, false), await measure(spec, true)];
  console.log(
    `${name}: buffers ${(half.bytes / 2 ** 20).toFixed(1)} MiB, in float32 ${(single.bytes / 2 ** 20).toFixed(1)} MiB`,
  );
  for (const [part, expected] of Object.entries(single.found)) {
    const { norm, worst } = errorOf(half.found[part], expected);
    console.log(`  ${part.padEnd(24)} norm ${norm.toExponential(1)}  worst ${worst.toExponential(1)}`);
  }
}

// Fits of 2-64-64-64-1 to values and to Laplacians, from the same weights.
const value = Float32Array.from(
  { length: points },
  (_, i) => Math.sin(9 * coords[2 * i]) * Math.cos(7 * coords[2 * i + 1]),
);
const targets = { value, laplacian: value.map(at => -(9 ** 2 + 7 ** 2) * at) };

async function lossesOf(part, halfPrecision) {
  await useKernels(halfPrecision);
  const field = createField(sirenOf(64, 2), { seed: 5 });
  const source = {
    inFeatures: 2,
    pointsPerStep: points,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(2 * start, 2 * (start + count)),
      targets: { [part]: targets[part].slice(start, start + count) },
    }),
  };
  const withoutKernels = () => {
    throw new Error('the loss must be computed inside the kernel');
  };
  const pointwise = { errors: [{ of: part, target: part }], penalty: squared };
  const task = [
    term({ points: source, derivatives: requests[part], loss: Object.assign(withoutKernels, { pointwise }) }),
  ];
  const losses = [];
  const options = { steps, reportEvery: Math.ceil(steps / 4), optimizer: adam({ learningRate: 1e-4 }) };
  for await (const { loss } of fit(field, task, options)) losses.push(loss);
  return losses;
}

for (const part of ['value', 'laplacian']) {
  const [single, half] = [await lossesOf(part, false), await lossesOf(part, true)];
  console.log(`fit to the ${part}, losses on the way`);
  for (const [name, losses] of Object.entries({ float32: single, float16: half }))
    console.log(`  ${name}  ${losses.map(loss => loss.toExponential(4)).join('  ')}`);
}
for (const fault of new Set(faults)) console.log(`fault of the device: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
