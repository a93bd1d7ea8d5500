import '@tensorflow/tfjs-backend-cpu';
import { FLOAT32_ROUNDOFF } from '@neural-fields/testing';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamw } from '../../src/optimizers.ts';
import { golden, largestError, trace } from './golden/golden.ts';

beforeAll(() => setBackend('cpu'));

describe('adamw', () => {
  it('takes the steps of torch.optim.AdamW', async () => {
    const steps = await trace(adamw({ learningRate: 2e-2, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.3 }));
    // Twelve steps of about ten roundings each, on parameters of order one.
    expect(largestError(steps, golden.adamw)).toBeLessThan(50 * FLOAT32_ROUNDOFF);
  });

  it('has the defaults of PyTorch', () => {
    const { learningRate, settings } = adamw();
    expect(settings).toEqual({ learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 });
    expect(learningRate).toBe(1e-3);
  });

  it('refuses wrong options by its own name', () => {
    expect(() => adamw({ weightDecay: -1 })).toThrow('adamw: weightDecay must be a number in [0, Infinity), got -1');
    expect(() => adamw({ lr: 1 } as object)).toThrow("adamw: unknown option 'lr'");
  });
});
