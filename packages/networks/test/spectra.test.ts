/** @file The published properties of presets whose frequencies are known: which ones their fields contain. */
import '@tensorflow/tfjs-backend-cpu';
import { createField, type Field, type LayerSpec, parseSpec } from '@neural-fields/core';
import { fft } from '@neural-fields/core/spectra';
import { fourierFeatures, positionalEncoding } from '@neural-fields/encodings';
import { ready, setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { networkExtensions as extensions, networkPreset } from '../src/index.ts';

beforeAll(async () => {
  await setBackend('cpu');
  await ready();
});

const fieldOf = (name: string, options: Readonly<Record<string, number | string>>, seed = 1, inFeatures = 1): Field =>
  createField(networkPreset(name).spec({ inFeatures, outFeatures: 1 }, options), { seed, extensions });

/** The fields of single layers. */
const layerField = (layer: LayerSpec, seed = 1, inFeatures = 1): Field =>
  createField(parseSpec({ inFeatures, layers: [layer] }, extensions), { seed, extensions });

/** A field at n points of one period [-1, 1): one array for each output. */
const sampled = async (field: Field, n: number): Promise<Float64Array[]> => {
  const coords = tensor2d(
    Float32Array.from({ length: n }, (_, i) => -1 + (2 * i) / n),
    [n, 1],
  );
  const values = await field.evaluate(coords).data();
  return Array.from({ length: field.outFeatures }, (_, o) =>
    Float64Array.from({ length: n }, (_, i) => values[i * field.outFeatures + o] as number),
  );
};

/** The amplitudes at 0 ... n / 2 cycles over [-1, 1). */
const amplitudes = (values: Float64Array): number[] => {
  const n = values.length;
  const transformed = fft({ real: values.slice(), imaginary: new Float64Array(n) });
  return Array.from({ length: n / 2 + 1 }, (_, k) =>
    Math.hypot(transformed.real[k] as number, transformed.imaginary[k] as number),
  );
};

const largest = (values: readonly number[]): number => Math.max(...values);
const parameter = (field: Field, name: string): Float64Array => {
  const values = (field.parameters[name] as Tensor).dataSync();
  return Float64Array.from(values);
};

describe('bacon', () => {
  it('has no frequency above its band limit, at each scale', async () => {
    const field = fieldOf('bacon', { hiddenFeatures: 24, bandLimit: 16, scales: 'all' });
    expect(field.outFeatures).toBe(3);
    const spectra = (await sampled(field, 128)).map(amplitudes);
    // 1/8 + 1/8, 1/4 and 1 of the limit: Lindell et al. 2022, section 4.1
    for (const [scale, limit] of [4, 8, 16].entries()) {
      const spectrum = spectra[scale] as number[];
      // The frequencies are pi k in float32, so the period is 2 but for 1e-7.
      expect(largest(spectrum.slice(limit + 1))).toBeLessThan(2e-5 * largest(spectrum));
      expect(largest(spectrum.slice(limit - 2, limit + 1))).toBeGreaterThan(1e-3 * largest(spectrum));
    }
  });

  it('does not train its frequencies', () => {
    const { layout } = fieldOf('bacon', { hiddenFeatures: 4, bandLimit: 8 });
    const frozen = layout.entries.filter(({ trained }) => !trained).map(({ name }) => name);
    expect(frozen).toEqual([0, 1, 2, 3, 4].map(i => `layers.0.filters.${i}.weight`));
  });
});

describe('mfn-fourier', () => {
  it('is the sum of sines whose frequencies are sums and differences of its filters’', async () => {
    const n = 5;
    const field = fieldOf('mfn-fourier', { hiddenFeatures: n, hiddenLayers: 1, inputScale: 20 }, 3, 2);
    const at = (path: string): Float64Array => parameter(field, `layers.0.${path}`);
    const w = [0, 1].map(i => at(`filters.${i}.weight`));
    const phase = [0, 1].map(i => at(`filters.${i}.bias`));
    const [weight, bias] = [at('linear.1.weight'), at('linear.1.bias')];
    const [out, offset] = [at('outputs.0.weight'), at('outputs.0.bias')[0] as number];
    /** The phase of filter i's feature j at a point. */
    const angle = (i: number, j: number, [x, y]: readonly [number, number]): number =>
      x * w[i]![j]! + y * w[i]![n + j]! + phase[i]![j]!;
    const points = Array.from({ length: 20 }, (_, i): [number, number] => [
      Math.fround(Math.sin(1 + i)),
      Math.fround(Math.cos(2 * i)),
    ]);
    const values = await field.evaluate(tensor2d(points)).data();
    // sin a sin b = (cos(a - b) - cos(a + b)) / 2: Fathony et al. 2021, theorem 1
    const expected = points.map(point => {
      let sum = offset;
      for (let j = 0; j < n; j++) {
        sum += out[j]! * bias[j]! * Math.sin(angle(1, j, point));
        for (let i = 0; i < n; i++) {
          const [a, b] = [angle(0, i, point), angle(1, j, point)];
          sum += (out[j]! * weight[i * n + j]! * (Math.cos(a - b) - Math.cos(a + b))) / 2;
        }
      }
      return sum;
    });
    for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 5);
  });
});

describe('mfn-gabor', () => {
  it('vanishes far from the centres of its filters, unlike Fourier filters', async () => {
    const far = tensor2d([[60, 60]]);
    const [gabor, fourier] = ['mfn-gabor', 'mfn-fourier'].map(name => fieldOf(name, { hiddenFeatures: 16 }, 2, 2));
    const offset = parameter(gabor!, 'layers.0.outputs.0.bias')[0] as number;
    expect((await gabor!.evaluate(far).data())[0]).toBeCloseTo(offset, 6);
    const fourierOffset = parameter(fourier!, 'layers.0.outputs.0.bias')[0] as number;
    expect(Math.abs(((await fourier!.evaluate(far).data())[0] as number) - fourierOffset)).toBeGreaterThan(1e-3);
  });

  it('draws inverse variances from the Gamma distribution, and frequencies in proportion to their roots', () => {
    const field = fieldOf('mfn-gabor', { hiddenFeatures: 4000, hiddenLayers: 0 }, 5, 2);
    const rows = parameter(field, 'layers.0.filters.0.filters');
    const gammas = Array.from({ length: 4000 }, (_, j) => rows[6 * j + 4] as number);
    const mean = gammas.reduce((a, b) => a + b) / 4000;
    const variance = gammas.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000;
    // Gamma(6, 1) has mean and variance 6: 5 standard errors of each, sqrt(6 / n) and sqrt(6^2 (2 + 6 / 6) / n)
    expect(Math.abs(mean - 6)).toBeLessThan(0.2);
    expect(Math.abs(variance - 6)).toBeLessThan(0.85);
    const scaled = gammas.flatMap((gamma, j) => [2, 3].map(k => (rows[6 * j + k] as number) / Math.sqrt(gamma)));
    expect(largest(scaled.map(Math.abs))).toBeLessThanOrEqual(256 / Math.SQRT2 + 1e-3);
    expect(largest(scaled)).toBeGreaterThan(0.95 * (256 / Math.SQRT2));
  });
});

/** The share of the energy in a band of frequencies. */
const share = (spectrum: readonly number[], from: number, to: number): number => {
  const energy = (list: readonly number[]): number => list.reduce((sum, a) => sum + a ** 2, 0);
  return energy(spectrum.slice(Math.max(0, Math.floor(from)), Math.ceil(to) + 1)) / energy(spectrum);
};

describe.each(['wire', 'wire-real'])('%s', name => {
  it('has first features that are localised in space and in frequency', async () => {
    const { layers } = networkPreset(name).spec(
      { inFeatures: 1, outFeatures: 1 },
      { hiddenFeatures: 120, hiddenLayers: 0, omega: 60 },
    );
    const field = layerField(layers[0] as LayerSpec, 4);
    const prefix = name === 'wire' ? '' : 'frequency.';
    const window = name === 'wire' ? '' : 'window.';
    const at = (role: string): Float64Array => parameter(field, `layers.0.${role}`);
    const features = await sampled(field, 512);
    let seen = 0;
    for (const [j, w] of at(`${prefix}weight`).entries()) {
      const v = at(`${window}weight`)[j] as number;
      const centre = -(at(`${window}bias`)[j] as number) / v;
      const width = 1 / (10 * Math.abs(v)); // of the window exp(-(10 v (x - centre))^2)
      if (Math.abs(centre) + 3 * width > 1) continue;
      seen++;
      const feature = features[j] as Float64Array;
      const outside = feature.filter((_, i) => Math.abs(-1 + i / 256 - centre) > 3 * width);
      expect(largest([...outside].map(Math.abs))).toBeLessThan(1.3e-4); // exp(-9)
      // The spectrum of the window falls to 1e-4 within 3 / (pi width) half cycles around that of the wave.
      const cycles = (60 * Math.abs(w)) / Math.PI;
      const reach = (3 * Math.SQRT2) / (Math.PI * width);
      expect(share(amplitudes(feature), cycles - reach, cycles + reach)).toBeGreaterThan(0.999);
    }
    expect(seen).toBeGreaterThan(0);
  });
});

describe('relu-positional-encoding', () => {
  it('has one frequency for each octave', async () => {
    const field = layerField(positionalEncoding({ octaves: 5, includeInput: false }));
    for (const [feature, values] of (await sampled(field, 128)).entries())
      expect(share(amplitudes(values), 2 ** Math.floor(feature / 2), 2 ** Math.floor(feature / 2))).toBeGreaterThan(
        0.9999,
      );
  });
});

describe('relu-fourier-features', () => {
  it('has a kernel that depends on the distance alone, and is a Gaussian', async () => {
    const sigma = 0.5;
    const m = 4000;
    const field = layerField(fourierFeatures({ features: m, scale: sigma, seed: 3 }));
    const positions = [-0.7, -0.4, 0.1, 0.4];
    const values = await field.evaluate(tensor2d(positions, [4, 1])).data();
    const kernel = (a: number, b: number): number => {
      let sum = 0;
      for (let j = 0; j < 2 * m; j++) sum += (values[a * 2 * m + j] as number) * (values[b * 2 * m + j] as number);
      return sum / m;
    };
    // Tancik et al. 2020, equation 7. The mean of cos(2 pi b d) over b ~ N(0, sigma^2) is exp(-2 (pi sigma d)^2).
    expect(kernel(0, 1)).toBeCloseTo(kernel(2, 3), 5);
    expect(Math.abs(kernel(0, 1) - Math.exp(-2 * (Math.PI * sigma * 0.3) ** 2))).toBeLessThan(5 / Math.sqrt(m));
  });
});

/** The mean square of a field's slope over its variance: the mean square of its angular frequencies. */
const meanSquareFrequency = (values: Float64Array): number => {
  const spectrum = amplitudes(values).map(a => a ** 2);
  spectrum[0] = 0;
  const energy = spectrum.reduce((a, b) => a + b);
  return spectrum.reduce((sum, e, k) => sum + e * (Math.PI * k) ** 2, 0) / energy;
};

describe('finer', () => {
  it('reaches higher frequencies, the wider the range of its first bias', async () => {
    const mean = async (biasBound: number): Promise<number> => {
      let sum = 0;
      for (let seed = 0; seed < 6; seed++)
        sum += meanSquareFrequency(
          (
            await sampled(fieldOf('finer', { hiddenFeatures: 64, hiddenLayers: 0, omega0: 10, biasBound }, seed), 1024)
          )[0]!,
        );
      return sum / 6;
    };
    const frequencies = [await mean(0.1), await mean(1), await mean(4)];
    expect(frequencies[1]).toBeGreaterThan(1.2 * (frequencies[0] as number));
    expect(frequencies[2]).toBeGreaterThan(1.2 * (frequencies[1] as number));
  });
});

describe('hosc', () => {
  it('is a sine for a small beta, a square wave for a large one, and no steeper than beta omega', async () => {
    const layer = (beta: number): LayerSpec =>
      networkPreset('hosc').spec({ inFeatures: 1, outFeatures: 1 }, { hiddenFeatures: 1, omega: 3, beta })
        .layers[0] as LayerSpec;
    const evaluate = async (beta: number): Promise<{ z: Float64Array; value: Float64Array; slope: Float64Array }> => {
      const field = layerField(layer(beta), 2);
      const [w, b] = ['weight', 'bias'].map(role => parameter(field, `layers.0.${role}`)[0] as number);
      const x = Float32Array.from({ length: 201 }, (_, i) => -1 + i / 100);
      const jet = field.jet(tensor2d(x, [201, 1]), { gradient: true });
      return {
        z: Float64Array.from(x, each => each * w! + b!),
        value: Float64Array.from(await jet.value.data()),
        slope: Float64Array.from(await jet.gradient.data(), each => each / w!),
      };
    };
    const small = await evaluate(0.01);
    for (const [i, z] of small.z.entries()) expect(small.value[i]! / 0.01).toBeCloseTo(Math.sin(3 * z), 3);
    const large = await evaluate(100);
    for (const [i, z] of large.z.entries())
      if (Math.abs(Math.sin(3 * z)) > 0.05) expect(large.value[i]).toBeCloseTo(Math.sign(Math.sin(3 * z)), 3);
    for (const beta of [0.01, 2, 100])
      expect(largest([...(await evaluate(beta)).slope].map(Math.abs))).toBeLessThanOrEqual(3 * beta * (1 + 1e-4));
  });
});
