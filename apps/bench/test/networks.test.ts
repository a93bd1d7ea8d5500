import '@neural-fields/kernels-wasm';
import { networkPreset } from '@neural-fields/networks';
import { denseArray } from '@neural-fields/signals';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { measureNetwork } from '../src/networks/measure-network.ts';
import { createQualitySignal, PICTURE_OMEGA } from '../src/quality/quality-signal.ts';

beforeAll(async () => {
  await setBackend('simd');
  await ready();
});

/** A smooth picture of 24 x 24 samples, of which 12 x 12 are fitted. */
const picture = createQualitySignal(
  denseArray(
    Float32Array.from({ length: 24 * 24 }, (_, i) => Math.sin(0.2 * Math.floor(i / 24)) * Math.cos(0.3 * (i % 24))),
    [24, 24, 1],
  ),
  { omega0: PICTURE_OMEGA, filter: 'area' },
);

test('a network is measured at the samples and between them, with the width that is given', async () => {
  const reported: number[] = [];
  const options = { steps: 100, seed: 0, signal: new AbortController().signal };
  const report = (step: number): unknown => reported.push(step);
  const found = await measureNetwork(networkPreset('siren-weight-scaling'), picture, {
    ...options,
    hiddenFeatures: 32,
    report,
  });
  expect(found.parameters).toBe(2 * 32 + 32 + 3 * (32 * 32 + 32) + 32 + 1);
  expect(found.atSamples).toBeGreaterThan(18);
  expect(found.betweenSamples).toBeGreaterThan(10);
  expect(found.betweenSamples).toBeLessThan(found.atSamples);
  expect(reported.at(-1)).toBe(100);
});

test('an aborted measurement ends with the reason', async () => {
  const controller = new AbortController();
  const report = (): void => controller.abort(new Error('enough'));
  const measured = measureNetwork(networkPreset('relu'), picture, {
    ...{ steps: 1000, seed: 0, hiddenFeatures: 16, report },
    signal: controller.signal,
  });
  await expect(measured).rejects.toThrow('enough');
});
