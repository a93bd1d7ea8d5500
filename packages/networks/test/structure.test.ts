/** @file The published properties of presets in their structure and their initialisation. */
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import {
  adam,
  createField,
  createFieldBatch,
  type Field,
  fit,
  parseSpec,
  pointwiseLoss,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { layerStatistics } from '@neural-fields/core/spectra';
import { ready, setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { networkExtensions as extensions, networkPreset } from '../src/index.ts';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

type Options = Readonly<Record<string, number | string>>;

const fieldOf = (name: string, options: Options, { seed = 1, inFeatures = 1 } = {}): Field =>
  createField(networkPreset(name).spec({ inFeatures, outFeatures: 1 }, options), { seed, extensions });

const line = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1));

const evaluate = async (field: Field, x: Float32Array): Promise<Float32Array> =>
  Float32Array.from(await field.evaluate(tensor2d(x, [x.length, 1])).data());

/** The field without the biases of its hidden layers, which PyTorch's initialisation makes as large as the products. */
const withoutHiddenBiases = (field: Field): Field => {
  const parameters = Object.fromEntries(
    Object.entries(field.parameters).map(([name, values]) => {
      const isHidden = name.endsWith('bias') && name !== 'layers.0.bias';
      return [name, isHidden ? new Float32Array(values.size) : Float32Array.from(values.dataSync())];
    }),
  );
  return createField(field.spec, { parameters, extensions });
};

/** The pre-activations' standard deviations, layer by layer. */
const spreads = async (field: Field, n: number): Promise<number[]> => {
  const statistics = await layerStatistics(field, tensor2d(line(n), [n, 1]));
  return statistics.flatMap(({ preActivation }) => (preActivation ? [preActivation.standardDeviation] : []));
};

describe('siren', () => {
  it('has normal pre-activations of variance 1 in every hidden layer', async () => {
    const field = withoutHiddenBiases(fieldOf('siren', { hiddenFeatures: 256, hiddenLayers: 3 }));
    const all = await spreads(field, 300);
    for (const spread of all.slice(1, -1)) expect(30 * spread).toBeGreaterThan(0.85);
    for (const spread of all.slice(1, -1)) expect(30 * spread).toBeLessThan(1.15);
  });
});

describe('siren-weight-scaling', () => {
  it('scales the pre-activations of all hidden layers by alpha, and not the last layer', async () => {
    const field = fieldOf('siren-weight-scaling', { hiddenFeatures: 256, hiddenLayers: 3 });
    const plain = fieldOf('siren', { hiddenFeatures: 256, hiddenLayers: 3 });
    for (const spread of (await spreads(withoutHiddenBiases(field), 300)).slice(1, -1))
      expect(Math.abs((30 * spread) / 2.5 - 1)).toBeLessThan(0.15);
    const largest = (each: Field, layer: number): number =>
      Math.max(...(each.parameters[`layers.${layer}.weight`] as Tensor).dataSync());
    for (const layer of [0, 1, 3]) expect(largest(field, layer)).toBeCloseTo(2.5 * largest(plain, layer), 5);
    expect(largest(field, 4)).toBeCloseTo(largest(plain, 4), 6);
  });
});

describe('cosine', () => {
  it('is a SIREN whose phases are a quarter turn ahead', async () => {
    const size = { hiddenFeatures: 16, hiddenLayers: 2 };
    const cosine = fieldOf('cosine', size);
    const siren = fieldOf('siren', size);
    const shifted = Object.fromEntries(
      Object.entries(cosine.parameters).map(([name, values]) => {
        const isPhase = name.endsWith('bias') && name !== 'layers.3.bias';
        return [name, Float32Array.from(values.dataSync(), each => each + (isPhase ? Math.PI / 60 : 0))];
      }),
    );
    const same = createField(siren.spec, { parameters: shifted });
    const [a, b] = [await evaluate(cosine, line(50)), await evaluate(same, line(50))];
    for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 4);
  });
});

describe('residual-siren', () => {
  it('is a shallow SIREN, halved at the end, if the last layer of each block is 0', async () => {
    const field = fieldOf('residual-siren', { hiddenFeatures: 8, blocks: 3 });
    const parameters = Object.fromEntries(
      Object.entries(field.parameters).map(([name, values]) => {
        const isLast = /branches\.1\.layers\.2/.test(name);
        return [name, isLast ? new Float32Array(values.size) : Float32Array.from(values.dataSync())];
      }),
    );
    expect(Object.keys(parameters).filter(name => /branches\.1\.layers\.2/.test(name))).toHaveLength(6);
    const values = await evaluate(createField(field.spec, { parameters, extensions }), line(20));
    const at = (name: string, i: number): number => parameters[name]![i] as number;
    for (const [p, x] of line(20).entries()) {
      let sum = at('layers.4.bias', 0);
      for (let j = 0; j < 8; j++)
        sum += 0.5 * at('layers.4.weight', j) * Math.sin(30 * (x * at('layers.0.weight', j) + at('layers.0.bias', j)));
      expect(values[p]).toBeCloseTo(sum, 5);
    }
  });
});

describe('siren-latent', () => {
  const points = line(16);
  const size = { hiddenFeatures: 32, hiddenLayers: 1, latentFeatures: 4, omega0: 10, spread: 0.1 };

  it('fits two signals with one network and a code for each', async () => {
    const spec = networkPreset('siren-latent').spec({ inFeatures: 1, outFeatures: 1 }, size);
    const batch = createFieldBatch(spec, { count: 2, own: [{ role: 'latent' }], seed: 2, extensions });
    expect((batch.parameters['layers.0.latent'] as Tensor).shape).toEqual([2, 4]);
    expect((batch.parameters['layers.1.weight'] as Tensor).shape).toEqual([5, 32]);
    const signals = [points.map(x => Math.sin(3 * x)), points.map(x => Math.cos(3 * x))];
    const source = {
      inFeatures: 1,
      pointsPerStep: 16,
      fixed: true,
      fields: 2,
      draw: (start: number, count: number) => ({
        coords: Float32Array.from([0, 1].flatMap(() => [...points.slice(start, start + count)])),
        targets: { value: Float32Array.from(signals.flatMap(signal => [...signal.slice(start, start + count)])) },
      }),
    };
    const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
    let last = Number.NaN;
    const options = { steps: 150, optimizer: adam({ learningRate: 3e-3 }), reportEvery: 150 };
    for await (const progress of fit(batch, [term({ points: source, loss })], options)) last = progress.loss;
    expect(last).toBeLessThan(0.01); // both mean squares are about 1/2
    batch.dispose();
  });

  it('has a first layer as wide in the coordinates as without a code', () => {
    const field = fieldOf('siren-latent', { ...size, hiddenFeatures: 400 });
    const weight = (field.parameters['layers.1.weight'] as Tensor).dataSync();
    expect(Math.max(...weight.slice(0, 400))).toBeGreaterThan(0.98);
  });
});

describe('deepsdf', () => {
  const size = { hiddenFeatures: 16, latentFeatures: 4 };

  it('has its input again before the fifth layer, and values in (-1, 1)', async () => {
    const field = fieldOf('deepsdf', size, { inFeatures: 3 });
    expect((field.parameters['layers.1.branches.0.layers.3.weight'] as Tensor).shape).toEqual([16, 9]);
    const parameters = Object.fromEntries(
      Object.entries(field.parameters).map(([name, values]) => [
        name,
        name.includes('branches.0')
          ? new Float32Array(values.size)
          : (values.dataSync().map(each => 3 * each) as Float32Array),
      ]),
    );
    const skipped = createField(field.spec, { parameters, extensions });
    const values = await skipped
      .evaluate(
        tensor2d([
          [1, 0, 0],
          [0, -1, 0.5],
          [-1, 1, 1],
        ]),
      )
      .data();
    expect(new Set(values).size).toBe(3);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(1);
  });

  it('refuses a width that leaves no room for the skipped input', () => {
    expect(() => fieldOf('deepsdf', { ...size, hiddenFeatures: 5 })).toThrow(
      'deepsdf: hiddenFeatures must be greater than the 5 coordinates and code values, got 5',
    );
  });
});

describe('instant-ngp', () => {
  it('has no more rows on a level than its hash table, and no biases', () => {
    const options = { levels: 4, baseResolution: 4, finestResolution: 108, log2HashmapSize: 8, hiddenFeatures: 8 };
    const field = fieldOf('instant-ngp', options, { inFeatures: 2 });
    // 5^2, 13^2, and twice 2^8 instead of 37^2 and 109^2
    expect((field.parameters['layers.0.table'] as Tensor).shape).toEqual([25 + 169 + 256 + 256, 2]);
    expect(field.layout.names().filter(name => name.endsWith('bias'))).toEqual([]);
  });
});

describe('rbf', () => {
  it('has features that depend on the distance alone and are 1 at their centre', async () => {
    const { layers } = networkPreset('rbf').spec({ inFeatures: 2, outFeatures: 1 }, { features: 3, sigma: 0.4 });
    const field = createField(parseSpec({ inFeatures: 2, layers: layers.slice(0, 1) }, extensions), {
      seed: 1,
      extensions,
    });
    const centres = (field.parameters['layers.0.centres'] as Tensor).dataSync();
    const [x, y] = [centres[0] as number, centres[1] as number];
    const ring = Array.from({ length: 8 }, (_, i) => [x + 0.3 * Math.cos(i), y + 0.3 * Math.sin(i)]);
    const values = await field.evaluate(tensor2d([[x, y], ...ring])).data();
    expect(values[0]).toBeCloseTo(1, 6);
    for (let i = 1; i <= 8; i++) expect(values[3 * i]).toBeCloseTo(Math.exp(-0.5 * (0.3 / 0.4) ** 2), 5);
  });
});

describe('relu-rbf', () => {
  it('has the flat bells of the authors’ code, or Gaussians', async () => {
    const first = (kernel: string): Field => {
      const { layers } = networkPreset('relu-rbf').spec({ inFeatures: 2, outFeatures: 1 }, { features: 3, kernel });
      return createField(parseSpec({ inFeatures: 2, layers: layers.slice(0, 1) }, extensions), { seed: 1, extensions });
    };
    for (const kernel of ['quartic', 'gaussian']) {
      const field = first(kernel);
      const [x, y] = (field.parameters['layers.0.centres'] as Tensor).dataSync() as unknown as [number, number];
      const distances = [0, 0.1, 0.3];
      const values = await field.evaluate(tensor2d(distances.map(r => [x + r, y]))).data();
      for (const [i, r] of distances.entries()) {
        const expected = kernel === 'quartic' ? Math.exp(-((10 * r * r) ** 2)) : Math.exp(-(r * r) / (2 * 0.25 ** 2));
        expect(values[3 * i]).toBeCloseTo(expected, 5);
      }
    }
  });
});

describe('relu', () => {
  it('has a gradient that is constant between kinks, and no Laplacian', async () => {
    const field = fieldOf('relu', { hiddenFeatures: 8, hiddenLayers: 1 }, { inFeatures: 2 });
    const jet = field.jet(
      tensor2d([
        [0.3, 0.2],
        [0.3 + 1e-4, 0.2],
        [0.9, -0.8],
      ]),
      { gradient: true, laplacian: true },
    );
    const gradient = await jet.gradient.data();
    expect(gradient.slice(0, 2)).toEqual(gradient.slice(2, 4));
    expect(gradient.slice(0, 2)).not.toEqual(gradient.slice(4, 6));
    expect([...(await jet.laplacian.data())]).toEqual([0, 0, 0]);
  });
});

describe('tanh', () => {
  it('keeps the spread of its pre-activations within a factor of 2 over six layers', async () => {
    const all = (await spreads(fieldOf('tanh', { hiddenFeatures: 128, hiddenLayers: 6 }), 200)).slice(1, -1);
    expect(Math.max(...all) / Math.min(...all)).toBeLessThan(2);
  });
});

describe('gelu', () => {
  it('is x Phi(x) within 5e-4, and has a Laplacian', async () => {
    const { layers } = networkPreset('gelu').spec(
      { inFeatures: 1, outFeatures: 1 },
      { hiddenFeatures: 1, hiddenLayers: 0 },
    );
    const spec = parseSpec({ inFeatures: 1, layers: layers.slice(0, 1) }, extensions);
    const parameters = { 'layers.0.weight': Float32Array.of(6), 'layers.0.bias': Float32Array.of(0) };
    const field = createField(spec, { parameters, extensions });
    const x = line(121);
    const values = await evaluate(field, x);
    for (const [i, each] of x.entries())
      expect(Math.abs((values[i] as number) - 6 * each * normalDistribution(6 * each))).toBeLessThan(5e-4);
    const { laplacian } = field.jet(tensor2d([[0]]), { laplacian: true });
    // gelu''(0) = 2 phi(0), times 6^2
    expect((await laplacian.data())[0]).toBeCloseTo((36 * 2) / Math.sqrt(2 * Math.PI), 3);
  });
});

/** Phi(x): the integral of the density by Simpson's rule. */
const normalDistribution = (x: number): number => {
  const n = 2000;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    const t = (x * i) / n;
    sum += (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((-t * t) / 2);
  }
  return 0.5 + (sum * x) / (3 * n) / Math.sqrt(2 * Math.PI);
};

/** |A|_F^2 over the largest eigenvalue of A^T A, of n rows. */
const stableRank = (values: Float32Array, rows: number): number => {
  const columns = values.length / rows;
  let vector: number[] = Array.from({ length: columns }, (_, j) => 1 + Math.sin(j));
  let eigenvalue = 0;
  for (let iteration = 0; iteration < 100; iteration++) {
    const image = Array.from({ length: rows }, (_, i) =>
      vector.reduce((sum, v, j) => sum + v * (values[i * columns + j] as number), 0),
    );
    const next = vector.map((_, j) => image.reduce((sum, u, i) => sum + u * (values[i * columns + j] as number), 0));
    eigenvalue = Math.hypot(...next);
    vector = next.map(v => v / eigenvalue);
  }
  return values.reduce((sum, v) => sum + v * v, 0) / eigenvalue;
};

describe.each([
  { name: 'gaussian', option: 'sigma', wider: 10 },
  { name: 'super-gaussian', option: 'sigma', wider: 10 },
  { name: 'laplace', option: 'a', wider: 10 },
  { name: 'quadratic', option: 'a', wider: 0.1 },
  { name: 'multiquadric', option: 'a', wider: 0.1 },
  { name: 'exp-sin', option: 'a', wider: 0.1 },
])('$name', ({ name, option, wider }) => {
  // Ramasinghe and Lucey 2022, section 3: a higher Lipschitz constant spreads the singular values of hidden layers.
  it('has hidden features of a higher stable rank with the width of the preset than with ten times that', async () => {
    const preset = networkPreset(name);
    const rank = async (value: number): Promise<number> => {
      const { layers } = preset.spec(
        { inFeatures: 1, outFeatures: 1 },
        { hiddenFeatures: 64, hiddenLayers: 0, [option]: value },
      );
      const field = createField(parseSpec({ inFeatures: 1, layers: layers.slice(0, 1) }, extensions), {
        seed: 1,
        extensions,
      });
      return stableRank(await evaluate(field, line(64)), 64);
    };
    const usual = preset.options[option]?.default as number;
    expect(await rank(usual)).toBeGreaterThan(1.2 * (await rank(wider * usual)));
  });
});

describe('finer-gaussian', () => {
  it('has more peaks, the farther from 0 the pre-activation', async () => {
    const { layers } = networkPreset('finer-gaussian').spec(
      { inFeatures: 1, outFeatures: 1 },
      { hiddenFeatures: 1, hiddenLayers: 0 },
    );
    const spec = parseSpec({ inFeatures: 1, layers: layers.slice(0, 1) }, extensions);
    const peaks = async (centre: number): Promise<number> => {
      const parameters = { 'layers.0.weight': Float32Array.of(1), 'layers.0.bias': Float32Array.of(centre) };
      const values = await evaluate(createField(spec, { parameters, extensions }), line(4001));
      return values.filter((v, i) => v > (values[i - 1] ?? 2) && v >= (values[i + 1] ?? 2)).length;
    };
    const [near, middle, far] = [await peaks(1), await peaks(3), await peaks(6)];
    expect(middle).toBeGreaterThan(near as number);
    expect(far).toBeGreaterThan(middle as number);
  });
});
