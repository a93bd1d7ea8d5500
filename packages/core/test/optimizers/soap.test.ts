import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, createField, siren } from '../../src/index.ts';
import { soap } from '../../src/optimizers.ts';
import { golden, largestError, layout, trace } from './golden/golden.ts';

beforeAll(() => setBackend('cpu'));

const own = soap({ learningRate: 2e-2, renewEvery: 4, maxSize: 6, weightDecay: 0.1 });

describe('soap', () => {
  it('takes the steps of the float64 reference', async () => {
    // Where eigenvalues are close, float32 Gram matrices turn the bases by up to about 1e-5.
    expect(largestError(await trace(own), golden.soap)).toBeLessThan(1e-5);
  });

  it('is Adam without its first step where all sides are longer than maxSize, and for biases', async () => {
    const settings = { learningRate: 2e-2, beta1: 0.95, beta2: 0.95 };
    const short = await trace(soap({ learningRate: 2e-2, maxSize: 1 }));
    const long = await trace(own);
    const { offset, size } = layout.entry('layers.2.bias');
    const bias = (step: readonly number[] | undefined): number[] => (step ?? []).slice(offset, offset + size);
    expect(bias(short[0])).toEqual(bias(long[0]));
    expect(bias(short.at(-1))).not.toEqual(bias(short[0]));
    const groups = [{ parameters: { role: 'bias' }, optimizer: soap(settings) }];
    expect(await trace(soap({ learningRate: 2e-2, maxSize: 1 }), groups)).toEqual(short);
    // The state of the first layer of a group of another kind does not change SOAP elsewhere.
    const mixed = await trace(own, [{ parameters: { layer: 'layers.0' }, optimizer: adam() }]);
    expect(bias(mixed.at(-1))).toEqual(bias(long.at(-1)));
  });

  it('needs memory for the sides up to maxSize', () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 3, hiddenFeatures: 8, hiddenLayers: 1 }), {
      seed: 1,
    });
    const lengths = (maxSize: number): readonly number[] | undefined =>
      soap({ maxSize }).bind?.({ layout: field.layout, model: field.layout }).stateLengths;
    const p = field.layout.size;
    expect(lengths(8)).toEqual([p, p, 4 + 64 + 128 + 64 + 9, 4 + 64 + 128 + 64 + 9]);
    expect(lengths(2)).toEqual([p, p, 4, 4]);
    field.dispose();
  });

  it('refuses wrong options', () => {
    expect(() => soap({ renewEvery: 0 })).toThrow('soap: renewEvery must be a positive integer, got 0');
    expect(() => soap({ beta1: 1 })).toThrow('soap: beta1 must be a number in [0, 1), got 1');
  });
});
