/** @file Encoders: order, number and packing of context points. */
import '@tensorflow/tfjs-backend-cpu';
import { createRng, siren } from '@neural-fields/core';
import { expectCloseInNorm, FIELD_VALUE } from '@neural-fields/testing';
import { setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { autoDecoder, createPrior, type EncoderSpec, type Observation, type Prior, setEncoder } from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const field = siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 4, hiddenLayers: 0, omega0: 5 });

const priorOf = (encoder: EncoderSpec): Prior =>
  createPrior({
    field,
    generator: { kind: 'shift-modulation', scale: 0.1 } as never,
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
