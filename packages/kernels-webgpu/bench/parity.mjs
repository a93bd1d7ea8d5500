// Checks on this machine's graphics card that the fused kernels agree with the cpu backend, with both styles of
// products, and prints their errors. With `--half-precision` it checks float16 between layers, if the card supports it.
//
//     npm run build && cd packages/kernels-webgpu && npm run parity -- [--half-precision] [--json] [style, activation, network or batch] ...
//
// `--json` prints one JSON object a line in place of text: the adapter, each result, and the end.
import { useDawn } from '@neural-fields/kernels-webgpu/node';
import '@tensorflow/tfjs-backend-cpu';
import { createField, createRng, evaluateJet, mlp, parseSpec } from '@neural-fields/core';
import { batchEvaluationOf, batchNetworkOf, networkOf, networkParameters } from '@neural-fields/core/kernels';
import { coreActivations, grid } from '@neural-fields/core/layers';
import {
  add,
  enableProdMode,
  engine,
  registerBackend,
  removeBackend,
  scalar,
  setBackend,
  square,
  sum,
  tensor,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';

enableProdMode();
await useDawn();
const { createWebgpuBackend } = await import('@neural-fields/kernels-webgpu');

const gpuAdapter = await navigator.gpu.requestAdapter();
if (gpuAdapter === null) {
  console.error('parity: WebGPU has no adapter here');
  process.exit(1);
}
const { info, features } = gpuAdapter;
const json = process.argv.includes('--json');
/** A line of the output, as text or as JSON. */
const report = (text, data) => console.log(json ? JSON.stringify(data) : text);
const adapter = `${info.vendor} ${info.architecture} ${info.description}`;
report(adapter, { adapter, software: info.isFallbackAdapter ?? false });

const POINTS = 150;
const halfPrecision = process.argv.includes('--half-precision');
if (halfPrecision && !features.has('shader-f16')) {
  console.error('parity: this adapter does not offer shader-f16, which --half-precision needs');
  process.exit(1);
}
const ALLOWED = halfPrecision ? 2e-3 : 1e-4;
/**
 * Activations with a discontinuous derivative: rounding may move a point across the discontinuity. In float16 this
 * happens for single points.
 */
const DISCONTINUOUS = ['relu', 'prelu', 'laplace', 'finer'];

const activationOf = ({ kind, parameters }) => ({
  kind,
  ...Object.fromEntries(Object.keys(parameters).map(name => [name, 1.25])),
});
const SIZE = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 90, hiddenLayers: 1 };

/** A table of two levels in the plane, one of them hashed. */
const table = {
  kind: 'table',
  apply: (input, { parameter }) => {
    const rng = createRng(2);
    const initialise = () => Float32Array.from({ length: 3 * 89 }, () => rng.normal());
    return grid(input, parameter('table', { shape: [89, 3], initialise }), [
      { resolution: 4, firstRow: 0, rows: 25, hashed: false },
      { resolution: 20, firstRow: 25, rows: 64, hashed: true },
    ]);
  },
};
const extensions = { layers: [table] };

const dense = (outFeatures, activation = { kind: 'sine', omega: 2 }) => ({
  kind: 'dense',
  outFeatures,
  activation,
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: { kind: 'pytorch-linear' },
});
const identity = { kind: 'identity' };

/** Networks other than chains, by name. */
const networks = {
  residual: [
    dense(90),
    { kind: 'sum', branches: [identity, { kind: 'chain', layers: [dense(90), dense(90)] }] },
    dense(3, identity),
  ],
  skip: [
    { kind: 'concat', branches: [{ kind: 'chain', layers: [dense(90), dense(88)] }, identity] },
    dense(90),
    dense(3, identity),
  ],
  filter: [
    { kind: 'product', branches: [{ kind: 'chain', layers: [dense(90), dense(90, identity)] }, dense(90)] },
    dense(3, identity),
  ],
  table: [{ kind: 'table' }, dense(90), dense(3, identity)],
};

/** The cases, by name. */
const specs = new Map([
  ...coreActivations.map(definition => [definition.kind, mlp({ ...SIZE, activation: activationOf(definition) })]),
  ...Object.entries(networks).map(([name, layers]) => [name, parseSpec({ inFeatures: 2, layers }, extensions)]),
]);

/** Three fields of one network at once, by their per-field parameters. */
const batches = {
  fields: undefined,
  'own weights': [{ role: 'weight' }],
  'own biases': [{ role: 'bias' }, { role: 'activation.omega' }],
};
const learned = dense(90, { kind: 'sine', omega: 2, learnable: ['omega'] });
const network = networkOf(parseSpec({ inFeatures: 2, layers: [learned, learned, dense(3, identity)] }));

/** The same points at every call. */
const pointsIn = inFeatures => {
  const rng = createRng(7);
  return tensor2d(
    Float32Array.from({ length: POINTS * inFeatures }, () => 2 * rng.uniform() - 1),
    [POINTS, inFeatures],
  );
};

/** The measurement of one field: a function that computes its jet, and the tensors on which it depends. */
async function oneField(spec) {
  await setBackend('cpu');
  const field = createField(spec, { seed: 5, extensions });
  const values = {};
  for (const [name, variable] of Object.entries(field.parameters))
    values[name] = { data: await variable.data(), shape: variable.shape };
  const names = Object.keys(values);
  return request => {
    const coords = pointsIn(field.inFeatures);
    const parameters = names.map(name => tensor(values[name].data, values[name].shape));
    const record = Object.fromEntries(names.map((name, index) => [name, parameters[index]]));
    return {
      inputs: [coords, ...parameters],
      parts: () => Object.values(evaluateJet(field.spec, record, coords, request, extensions)),
    };
  };
}

/** The same for many fields. */
function manyFields(own) {
  const batch = batchNetworkOf(network, 3, own);
  const values = new Float32Array(batch.layout.size);
  const rng = createRng(5);
  for (const { name, offset, initialise } of batch.layout.entries) values.set(initialise(rng.fork(name)), offset);
  return request => {
    const coords = pointsIn(network.program.inFeatures);
    const flat = tensor1d(values);
    return {
      inputs: [coords, flat],
      parts: () => {
        const jet = batchEvaluationOf(batch, request).run(networkParameters(batch.layout, flat), coords);
        return [jet.value, jet.first, jet.second].filter(part => part !== undefined);
      },
    };
  };
}

/** The jet's parts and the gradient of a loss on them, as arrays. */
async function measure(backend, work, request) {
  await setBackend(backend);
  const { inputs, parts } = work(request);
  const jet = parts();
  const { grads } = engine().gradients(
    () =>
      parts()
        .map(part => sum(square(part)))
        .reduce((a, b) => add(a, b)),
    inputs,
    scalar(1),
    true,
  );
  return Promise.all([...jet, ...grads.map(gradient => gradient ?? scalar(0))].map(part => part.data()));
}

/** The maximum error relative to the largest value. */
function errorOf(actual, expected) {
  let worst = 0;
  for (const [index, values] of expected.entries()) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    for (const [i, value] of values.entries()) worst = Math.max(worst, Math.abs(actual[index][i] - value) / scale);
    if (actual[index].some(Number.isNaN)) return Number.NaN;
  }
  return worst;
}

const requests = [{}, { gradient: true }, { gradient: true, laplacian: true }];
let failures = 0;
const faults = [];
const given = process.argv.slice(2).filter(argument => !argument.startsWith('--'));

/** The names that are among the arguments, or all names if none is. */
const chosen = all => (all.some(name => given.includes(name)) ? all.filter(name => given.includes(name)) : all);
const styles = chosen(['tiled', 'direct']);
const names = chosen([...specs.keys(), ...Object.keys(batches)]);
const strangers = given.filter(name => ![...styles, ...names].includes(name));
if (strangers.length > 0)
  throw new Error(`parity: there must be styles, activations, networks and batches, got ${strangers.join(', ')}`);
for (const productStyle of styles) {
  removeBackend('webgpu');
  registerBackend('webgpu', () => createWebgpuBackend({ productStyle, halfPrecision }), 3);
  await setBackend('webgpu');
  engine().backend.device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message));
  for (const chosenName of names) {
    const work = Object.hasOwn(batches, chosenName)
      ? manyFields(batches[chosenName])
      : await oneField(specs.get(chosenName));
    const errors = [];
    for (const request of requests) {
      const expected = await measure('cpu', work, request);
      errors.push(errorOf(await measure('webgpu', work, request), expected));
    }
    const jumps = halfPrecision && DISCONTINUOUS.includes(chosenName);
    const good = jumps ? errors.every(Number.isFinite) : errors.every(error => error < ALLOWED);
    if (!good) failures += 1;
    report(
      `${productStyle} ${chosenName.padEnd(15)} ${errors.map(error => error.toExponential(1)).join('  ')}${jumps ? '  (jumps)' : good ? '' : '  TOO MUCH'}`,
      { style: productStyle, name: chosenName, errors, good },
    );
  }
}
for (const fault of new Set(faults)) report(`fault of the device: ${fault}`, { fault });
report(
  failures + faults.length === 0 ? `all within ${ALLOWED}` : `${failures} beyond ${ALLOWED}, ${faults.length} faults`,
  { allowed: ALLOWED, failures, faults: faults.length },
);
process.exitCode = failures + faults.length === 0 ? 0 : 1;
