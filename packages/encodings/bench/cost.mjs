// Prints the CPU time per point of each encoding in space, on all threads of the backend `native`: of its value, and of
// its value with first derivatives. The packages must be built first.
//
//     npm run build && cd packages/encodings && npm run bench -- [points]
import { cpus } from 'node:os';
import { createField, parseSpec } from '@neural-fields/core';
import {
  denseGrid,
  encodings,
  fourierFeatures,
  gaussianEmbedding,
  gaussianRbf,
  hashGrid,
  identityEncoding,
  multiPlane,
  multiResolutionGrid,
  oneBlob,
  positionalEncoding,
  sphericalHarmonics,
  superGaussianEmbedding,
  triangleWave,
  vectorMatrix,
} from '@neural-fields/encodings';
import '@neural-fields/kernels-native';
import { enableProdMode, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';

// Keeps tfjs from advertising its native backend.
enableProdMode();
await setBackend('native');
await ready();

const count = Number(process.argv[2] ?? 2 ** 17);
const REPETITIONS = 8;
const extensions = { layers: encodings };
const random = (() => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
})();
const coords = tensor2d(
  Float32Array.from({ length: 3 * count }, () => random()),
  [count, 3],
);

const hash = { levels: 16, baseResolution: 16, finestResolution: 1024, log2HashmapSize: 19 };
const cases = {
  'identityEncoding()': identityEncoding({ scale: 2 }),
  'positionalEncoding({ octaves: 10 })': positionalEncoding({ octaves: 10 }),
  'fourierFeatures({ features: 64, ... })': fourierFeatures({ features: 64, scale: 5, seed: 1 }),
  'triangleWave({ octaves: 12 })': triangleWave(),
  'oneBlob({ bins: 16 })': oneBlob(),
  "oneBlob({ bins: 16, kernel: 'quartic' })": oneBlob({ kernel: 'quartic' }),
  'gaussianEmbedding({ features: 16 })': gaussianEmbedding({ features: 16 }),
  'superGaussianEmbedding({ features: 16, b: 2 })': superGaussianEmbedding({ features: 16, b: 2 }),
  'gaussianRbf({ features: 128 })': gaussianRbf({ features: 128 }),
  'sphericalHarmonics({ degree: 4 })': sphericalHarmonics({ degree: 4 }),
  'denseGrid({ resolution: 64, features: 4 })': denseGrid({ resolution: 64, features: 4 }),
  'multiResolutionGrid({ levels: 4, ... })': multiResolutionGrid({ levels: 4, growth: 2, features: 2 }),
  'hashGrid({ log2HashmapSize: 19, ... })': hashGrid(hash),
  "hashGrid({ interpolation: 'smoothstep', ... })": hashGrid({ ...hash, interpolation: 'smoothstep' }),
  'multiPlane({ resolution: 256, features: 16 })': multiPlane({ resolution: 256, features: 16 }),
  'vectorMatrix({ resolution: 256, features: 16 })': vectorMatrix({ resolution: 256 }),
};

/** The CPU time of a function in nanoseconds per point: the smallest of some repetitions, after one to warm up. */
const cost = run => {
  run();
  const times = Array.from({ length: REPETITIONS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (1000 * (user + system)) / count;
  });
  return Math.round(Math.min(...times));
};

const dispose = jet => {
  for (const tensor of Object.values(jet)) tensor.dispose();
};

console.log(`${cpus()[0]?.model ?? 'unknown cpu'}, Node ${process.version}, ${count} points`);
console.log('encoding | features | parameters | ns, value | ns, with first derivatives');
for (const [name, encoding] of Object.entries(cases)) {
  const field = createField(parseSpec({ inFeatures: 3, layers: [encoding] }, extensions), { seed: 1, extensions });
  const value = cost(() => field.evaluate(coords).dispose());
  const gradient = cost(() => dispose(field.jet(coords, { gradient: true })));
  console.log([name, field.outFeatures, field.layout.size, value, gradient].join(' | '));
  field.dispose();
}
process.exit(0);
