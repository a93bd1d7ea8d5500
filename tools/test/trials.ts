/** Something real and small that an installed package must do. */
export interface Trial {
  /**
   * A script of ES modules that prints one line. It also runs bundled for browsers, where the package has no business
   * with Node.
   */
  readonly snippet: string;
  /** That line. */
  readonly prints: string;
  /** Packages that a user would install beside it, with their exact versions. */
  readonly also?: readonly string[];
  /** An import that must bundle to little: proof that what is unused is shaken off. */
  readonly small?: { readonly entry: string; readonly maximumBytes: number };
}

const cpu = '@tensorflow/tfjs-backend-cpu@4.22.0';

/** One trial for each public package, by its name. */
export const trials: Readonly<Record<string, Trial>> = {
  '@neural-fields/core': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { createField, siren } from '@neural-fields/core';
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
const { value, laplacian } = field.jet(tensor2d([[0.1, 0.2], [0.3, 0.4]]), { laplacian: true });
const finite = [...(await value.data()), ...(await laplacian.data())].every(Number.isFinite);
console.log(value.shape.join(), laplacian.shape.join(), finite);`,
    prints: '2,1 2,1 true',
    small: {
      entry: "import { createRng } from '@neural-fields/core'; globalThis.rng = createRng(1);",
      maximumBytes: 4_000,
    },
  },
  '@neural-fields/encodings': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { createField, mlp } from '@neural-fields/core';
import { encodings, positionalEncoding } from '@neural-fields/encodings';
const extensions = { layers: encodings };
const network = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, activation: { kind: 'relu' } };
const field = createField(mlp({ ...network, encoding: positionalEncoding({ octaves: 3 }), extensions }), { seed: 1, extensions });
const { laplacian } = field.jet(tensor2d([[0.1, 0.2]]), { laplacian: true });
console.log(field.parameters['layers.1.weight'].shape.join(), (await laplacian.data())[0] !== 0);`,
    prints: '14,8 true',
  },
  '@neural-fields/networks': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { createField } from '@neural-fields/core';
import { networkExtensions, networkPreset } from '@neural-fields/networks';
const spec = networkPreset('wire').spec({ inFeatures: 2, outFeatures: 1 }, { hiddenFeatures: 8, hiddenLayers: 1 });
const field = createField(spec, { seed: 1, extensions: networkExtensions });
const { laplacian } = field.jet(tensor2d([[0.1, 0.2]]), { laplacian: true });
console.log(field.parameters['layers.1.weight.real'].shape.join(), (await laplacian.data())[0] !== 0);`,
    prints: '5,5 true',
  },
  '@neural-fields/kernels-wasm': {
    also: [cpu],
    snippet: `
import { createField, siren } from '@neural-fields/core';
import '@neural-fields/kernels-wasm';
import { getBackend, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
await setBackend('simd');
await ready();
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 256, hiddenLayers: 1 }), { seed: 1 });
const { value, laplacian } = field.jet(tensor2d(Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i)), [2000, 2]), { laplacian: true });
const finite = [...(await value.data()), ...(await laplacian.data())].every(Number.isFinite);
console.log(getBackend(), value.shape.join(), finite);`,
    prints: 'simd 2000,1 true',
  },
  // Whether there is a binary depends on what the registry has of this version.
  '@neural-fields/kernels-native': {
    also: [cpu],
    snippet: `
import { createField, siren } from '@neural-fields/core';
import { nativeInstructionSets, nativeProblem } from '@neural-fields/kernels-native';
import { getBackend, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
await setBackend(nativeProblem === undefined ? 'native' : 'simd');
await ready();
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
const { value, laplacian } = field.jet(tensor2d([[0.1, 0.2], [0.3, 0.4]]), { laplacian: true });
const finite = [...(await value.data()), ...(await laplacian.data())].every(Number.isFinite);
const consistent = (getBackend() === 'native') === nativeInstructionSets.length > 0;
console.log(consistent, value.shape.join(), finite);`,
    prints: 'true 2,1 true',
  },
  '@neural-fields/kernels-webgpu': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { createField, siren } from '@neural-fields/core';
import { createDevice, WebgpuUnavailableError } from '@neural-fields/kernels-webgpu';
import { getBackend, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
const usable = await createDevice().then(() => true, error => {
  if (!(error instanceof WebgpuUnavailableError)) throw error;
  return false;
});
await setBackend(usable ? 'webgpu' : 'cpu');
await ready();
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0 }), { seed: 1 });
const { value, laplacian } = field.jet(tensor2d([[0.1, 0.2], [0.3, 0.4]]), { laplacian: true });
const finite = [...(await value.data()), ...(await laplacian.data())].every(Number.isFinite);
console.log(usable === (getBackend() === 'webgpu'), value.shape.join(), finite);`,
    prints: 'true 2,1 true',
  },
  '@neural-fields/hypernetworks': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { siren } from '@neural-fields/core';
import { createPrior, decodePrior, encodePrior, setEncoder, shiftModulation } from '@neural-fields/hypernetworks';
const field = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 });
const prior = createPrior({ field, generator: shiftModulation(), encoder: setEncoder({ hiddenFeatures: 8 }), latentFeatures: 4, seed: 1 });
const { prior: read } = decodePrior(await encodePrior(prior));
const known = { coords: new Float32Array([0, 0.5]), values: new Float32Array([1, -1]) };
const [a, b] = await Promise.all([prior, read].map(one => one.encode([known]).data()));
console.log(a.length, a.every((x, i) => x === b[i]));`,
    prints: '4 true',
  },
  '@neural-fields/losses': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { adam, createField, fit, siren, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
const draw = () => ({ coords: new Float32Array([-1, -0.5, 0.5, 1]), targets: { value: new Float32Array([0, 0.5, -0.5, 1]) } });
const points = { inFeatures: 1, pointsPerStep: 4, fixed: true, draw };
const losses = [];
for await (const { loss } of fit(field, [term({ points, loss: mse() })], { steps: 20, optimizer: adam({ learningRate: 1e-2 }) })) losses.push(loss);
console.log(losses.at(-1) < losses[0] / 2);`,
    prints: 'true',
  },
  '@neural-fields/periodic-init': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { createField } from '@neural-fields/core';
import { besselJ, periodicExtensions, tuner } from '@neural-fields/periodic-init';
const spec = tuner({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 8, maxFrequency: 4, period: 2 });
const field = createField(spec, { seed: 1, extensions: periodicExtensions });
const [left, right] = await field.evaluate(tensor2d([[-1], [1]])).data();
console.log(Math.abs(left - right) < 1e-4, besselJ(0, 2.404825557695773).toFixed(9));`,
    prints: 'true 0.000000000',
    small: {
      entry: "import { besselJ } from '@neural-fields/periodic-init'; globalThis.j = besselJ(1, 2);",
      maximumBytes: 3_000,
    },
  },
  '@neural-fields/pruning': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { createField, siren } from '@neural-fields/core';
import { pruneTo, removalBound } from '@neural-fields/pruning';
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1 }), { seed: 1 });
const { field: smaller, removed } = await pruneTo(field, { parameters: 150 });
const [bound] = await removalBound(field, removed);
console.log(smaller.parameterCount <= 150, bound > 0 && Number.isFinite(bound));`,
    prints: 'true true',
  },
  '@neural-fields/shapes': {
    snippet: `
import { checkMesh, encodeGlb, encodePly, extractSurface, torus } from '@neural-fields/shapes';
const mesh = await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 24, lipschitz: 1 });
const { manifold, eulerCharacteristic } = checkMesh(mesh);
const magic = bytes => new TextDecoder().decode(bytes.slice(0, 4)).trim();
console.log(manifold, eulerCharacteristic, magic(encodePly(mesh)), magic(await encodeGlb(mesh)));`,
    prints: 'true 0 ply glTF',
    small: {
      entry: "import { createKdTree } from '@neural-fields/shapes'; globalThis.tree = createKdTree;",
      maximumBytes: 3_000,
    },
  },
  '@neural-fields/signals': {
    snippet: `
import { decodeAudio, encodeAudio, gridCoordinates, psnr } from '@neural-fields/signals';
const audio = decodeAudio(encodeAudio({ samples: { data: new Float32Array([0, 0.5, -1]), shape: [3, 1], stride: [1, 1], offset: 0 }, sampleRate: 8000 }, { sampleFormat: 'float32' }));
const black = { data: new Float32Array(4), shape: [2, 2], stride: [2, 1], offset: 0 };
const grey = { ...black, data: new Float32Array(4).fill(0.1) };
console.log([...audio.samples.data].join(), audio.sampleRate, gridCoordinates([2, 2]).join(), psnr(black, grey).toFixed(3));`,
    prints: '0,0.5,-1 8000 -1,-1,-1,1,1,-1,1,1 20.000',
  },
  '@neural-fields/solvers': {
    snippet: `
import { solveHelmholtz, solvePoisson, solveWave } from '@neural-fields/solvers';
const grid = (shape, at) => {
  const stride = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  return { data: Float64Array.from({ length: shape[0] * stride[0] }, (_, i) => at(i)), shape, stride, offset: 0 };
};
const bell = (x, y) => Math.exp(-((x - 16) ** 2 + (y - 16) ** 2) / 8);
const right = grid([33, 33, 1], i => -bell(Math.floor(i / 33), i % 33));
const potential = solvePoisson(right, { boundary: 'dirichlet' });
const source = grid([33, 33, 2], i => (i % 2 ? 0 : bell(Math.floor(i / 66), (i >> 1) % 33)));
const absorbing = { strength: 5, width: 0.5, bound: 1 };
const { residual } = await solveHelmholtz(source, { wavenumber: 6, absorbing });
const { snapshots } = await solveWave({ ...right, shape: [33, 33], stride: [33, 1] }, { times: [0, 5], spacing: [1, 1] });
console.log(potential.get(16, 16, 0) > 0, residual < 1e-9, snapshots.shape.join());`,
    prints: 'true true 2,33,33',
  },
  '@neural-fields/reproduce': {
    snippet: `
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
const { bin } = JSON.parse(readFileSync('node_modules/@neural-fields/reproduce/package.json', 'utf8'));
const program = 'node_modules/@neural-fields/reproduce/' + bin['neural-fields-reproduce'];
console.log(/^siren-image /m.test(execFileSync(process.execPath, [program, 'list'], { encoding: 'utf8' })));`,
    prints: 'true',
  },
  'neural-fields': {
    snippet: `
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
const { bin, version } = JSON.parse(readFileSync('node_modules/neural-fields/package.json', 'utf8'));
const tool = 'node_modules/neural-fields/' + bin['neural-fields'];
console.log(execFileSync(process.execPath, [tool, '--version'], { encoding: 'utf8' }).trim() === version);`,
    prints: 'true',
  },
};
