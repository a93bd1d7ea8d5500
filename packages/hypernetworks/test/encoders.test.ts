/** @file Encoders: order, number and packing of context points. */
import '@tensorflow/tfjs-backend-cpu';
import { createRng, siren } from '@neural-fields/core';
import { expectCloseInNorm, FIELD_VALUE } from '@neural-fields/testing';
import { setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  autoDecoder,
  convEncoder,
  createPrior,
  type EncoderSpec,
  type Observation,
  type Prior,
  pointEncoder,
  setEncoder,
  shiftModulation,
} from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const field = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 4, hiddenLayers: 0, omega0: 5 });

const priorOf = (encoder: EncoderSpec): Prior =>
  createPrior({
    field,
    generator: shiftModulation({ scale: 0.1 }),
    encoder,
    latentFeatures: 6,
    seed: 1,
  });

const encoded = async (prior: Prior, observations: readonly Observation[]): Promise<Float32Array> => {
  const latents = prior.encode(observations);
  const values = Float32Array.from(await latents.data());
  latents.dispose();
  return values;
};

const observation = (seed: number, count: number): Observation => {
  const rng = createRng(seed);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
  return { coords: draw(2 * count), values: draw(3 * count) };
};

const inOrder = ({ coords, values }: Observation, order: readonly number[]): Observation => ({
  coords: Float32Array.from(order.flatMap(i => [...coords.subarray(2 * i, 2 * i + 2)])),
  values: Float32Array.from(order.flatMap(i => [...values.subarray(3 * i, 3 * i + 3)])),
});

const setEncoders: Readonly<Record<string, EncoderSpec>> = {
  'set encoder': setEncoder({ hiddenFeatures: 16, hiddenLayers: 1 }),
  'point encoder': pointEncoder({ hiddenFeatures: 8, blocks: 2 }),
};

describe.each(Object.entries(setEncoders))('%s', (_, spec) => {
  it('does not depend on the order of the points', async () => {
    const prior = priorOf(spec);
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 30 }), async (seed, count) => {
        const known = observation(seed, count);
        const order = Array.from({ length: count }, (__, i) => i);
        const rng = createRng(seed).fork('order');
        order.sort(() => rng.uniform() - 0.5);
        expectCloseInNorm(
          await encoded(prior, [inOrder(known, order)]),
          await encoded(prior, [known]),
          FIELD_VALUE,
          'latent',
        );
      }),
      { numRuns: 20 },
    );
    prior.dispose();
  });

  it('gives a signal the same latent beside others of any size', async () => {
    const prior = priorOf(spec);
    const some = [1, 7, 3].map((count, index) => observation(index, count));
    const together = await encoded(prior, some);
    for (const [b, one] of some.entries())
      expectCloseInNorm(together.subarray(6 * b, 6 * b + 6), await encoded(prior, [one]), FIELD_VALUE, 'latent');
    expect(together.subarray(0, 6)).not.toEqual(together.subarray(6, 12));
    prior.dispose();
  });

  it('says what is wrong with an observation', () => {
    const prior = priorOf(spec);
    expect(() => prior.encode([])).toThrow('needs at least one observation, got none');
    expect(() => prior.encode([{ coords: new Float32Array(3), values: new Float32Array(3) }])).toThrow(
      'an observation must have coords [k, 2] and values [k, 3] of at least one point, got 3 and 3 values',
    );
    prior.dispose();
  });
});

describe('auto-decoder', () => {
  it('takes rows of its table', async () => {
    const prior = priorOf(autoDecoder({ signals: 5 }));
    const table = await (prior.parameters['encoder.latents'] as NonNullable<Prior['parameters'][string]>).data();
    const none = { coords: new Float32Array(0), values: new Float32Array(0) };
    const got = await encoded(prior, [
      { ...none, index: 3 },
      { ...none, index: 0 },
    ]);
    expect([...got]).toEqual([...table.slice(18, 24), ...table.slice(0, 6)]);
    expect(() => prior.encode([{ ...none, index: 5 }])).toThrow(
      'auto-decoder: an observation must have an index from 0 to 4, got 5',
    );
    prior.dispose();
  });
});

describe('convolutional encoder', () => {
  const [height, width] = [6, 5];
  const pixels = Array.from({ length: height * width }, (_, i) => i);
  const coords = Float32Array.from(
    pixels.flatMap(i => [-1 + (2 * Math.floor(i / width) + 1) / height, -1 + (2 * (i % width) + 1) / width]),
  );

  /** One partial convolution of 3 x 3 with stride 2 and padding as of TensorFlow's `same`, written out. */
  const partial = (
    { values, known, h, w, c }: { values: number[]; known: number[]; h: number; w: number; c: number },
    weight: ArrayLike<number>,
    bias: ArrayLike<number>,
  ) => {
    const [oh, ow, out] = [Math.ceil(h / 2), Math.ceil(w / 2), bias.length];
    const [top, left] = [((oh - 1) * 2 + 3 - h) >> 1, ((ow - 1) * 2 + 3 - w) >> 1];
    const next = { values: new Array<number>(oh * ow * out).fill(0), known: new Array<number>(oh * ow).fill(0) };
    for (let y = 0; y < oh; y++)
      for (let x = 0; x < ow; x++) {
        const sums = new Array<number>(out).fill(0);
        let count = 0;
        for (let dy = 0; dy < 3; dy++)
          for (let dx = 0; dx < 3; dx++) {
            const [py, px] = [2 * y - top + dy, 2 * x - left + dx];
            if (py < 0 || py >= h || px < 0 || px >= w || known[py * w + px] === 0) continue;
            count += 1;
            for (let i = 0; i < c; i++)
              for (let o = 0; o < out; o++)
                sums[o] =
                  (sums[o] as number) +
                  (values[(py * w + px) * c + i] as number) * (weight[((dy * 3 + dx) * c + i) * out + o] as number);
          }
        next.known[y * ow + x] = count > 0 ? 1 : 0;
        for (let o = 0; o < out; o++)
          next.values[(y * ow + x) * out + o] =
            count === 0 ? 0 : Math.max(0, ((sums[o] as number) * 9) / count + (bias[o] as number));
      }
    return { ...next, h: oh, w: ow, c: out };
  };

  it('is what partial convolutions written out give, with any holes', async () => {
    const prior = priorOf(convEncoder({ height, width, channels: [4, 3] }));
    const read = async (name: string): Promise<Float32Array> =>
      Float32Array.from(await (prior.parameters[`encoder.${name}`] as NonNullable<Prior['parameters'][string]>).data());
    const [w0, b0, w1, b1, w2, b2] = await Promise.all(
      ['convolutions.0.weight', 'convolutions.0.bias', 'convolutions.1.weight', 'convolutions.1.bias']
        .map(read)
        .concat(['output.weight', 'output.bias'].map(read)),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.subarray(pixels), async (seed, some) => {
        const rng = createRng(seed);
        const picture = pixels.flatMap(() => [rng.uniform(), rng.uniform(), rng.uniform()]);
        const known = {
          coords: Float32Array.from(some.flatMap(i => [...coords.subarray(2 * i, 2 * i + 2)])),
          values: Float32Array.from(some.flatMap(i => picture.slice(3 * i, 3 * i + 3))),
        };
        const mask = pixels.map(i => (some.includes(i) ? 1 : 0));
        const first = partial(
          { values: picture, known: mask, h: height, w: width, c: 3 },
          w0 as Float32Array,
          b0 as Float32Array,
        );
        const { values } = partial(first, w1 as Float32Array, b1 as Float32Array);
        const wanted = Array.from(b2 as Float32Array, (bias, j) =>
          values.reduce((sum, value, i) => sum + value * ((w2 as Float32Array)[i * 6 + j] as number), bias),
        );
        expectCloseInNorm(await encoded(prior, [known]), wanted, { ...FIELD_VALUE, absolute: 1e-6 }, 'latent');
      }),
      { numRuns: 20 },
    );
    prior.dispose();
  });

  it('is for pictures', () => {
    expect(() => convEncoder({ height: 1, width: 4 })).toThrow('convEncoder: height must be an integer >= 2, got 1');
    expect(() => convEncoder({ height: 4, width: 4, channels: [] })).toThrow('channels must be a list of positive');
  });
});
