import '@tensorflow/tfjs-backend-cpu';
import { FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { setBackend, square, sum, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adam, type GradientOptimizer } from '../../src/index.ts';
import { muon } from '../../src/optimizers.ts';
import { golden, largestError, layout, trace } from './golden/golden.ts';

beforeAll(() => setBackend('cpu'));

const own = muon({ learningRate: 2e-2, momentum: 0.9, weightDecay: 0.1, adam: { learningRate: 1e-2 } });

describe('muon', () => {
  it('takes the steps of the float64 reference', async () => {
    // The iteration multiplies errors along small singular values by up to 3.4^5 = 480 before they saturate.
    expect(largestError(await trace(own), golden.muon)).toBeLessThan(480 * 2e-2 * 12 * FLOAT32_ROUNDOFF);
  });

  it('is Adam for first and last layers and biases, and takes other parameters in groups of their own', async () => {
    const others = await trace(adam({ learningRate: 1e-2 }));
    const grouped = await trace(own, [{ parameters: { layer: 'layers.1' }, optimizer: adam({ learningRate: 1e-2 }) }]);
    const whole = await trace(own);
    const last = (steps: readonly number[][]): number[] => steps.at(-1) as number[];
    for (const { name, layer, role, offset, size } of layout.entries) {
      const part = (steps: readonly number[][]): number[] => last(steps).slice(offset, offset + size);
      const isHidden = role === 'weight' && !['layers.0', 'layers.4'].includes(layer);
      if (isHidden) expect(part(whole), name).not.toEqual(part(others));
      else expect(part(whole), name).toEqual(part(others));
      expect(part(grouped), name).toEqual(part(layer === 'layers.1' ? others : whole));
    }
  });

  it('makes steps whose singular values are near the learning rate', async () => {
    const bound = muon({ learningRate: 1 }).bind?.({ layout, model: layout }) as GradientOptimizer;
    const zero = tensor1d(new Float32Array(layout.size));
    const gradient = tensor1d(Float32Array.from({ length: layout.size }, (_, i) => 1e3 * Math.sin(i * i)));
    const { parameters } = bound.update({ parameters: zero, gradient, state: [zero, zero], step: 1, learningRate: 1 });
    const w = layout.tensor(parameters, 'layers.1.weight');
    const squares = (await sum(square(w)).data())[0] as number;
    // The mean square of 6 singular values between 0.7 and 1.2.
    expect(squares / 6).toBeGreaterThan(0.4);
    expect(squares / 6).toBeLessThan(1.44);
  });

  it('refuses wrong options', () => {
    expect(() => muon({ momentum: 1 })).toThrow('muon: momentum must be a number in [0, 1), got 1');
    expect(() => muon({ learningRate: 0 })).toThrow('muon: learningRate must be a positive number, got 0');
    expect(() => muon({ adam: { beta1: 2 } })).toThrow('adam: beta1');
  });
});
