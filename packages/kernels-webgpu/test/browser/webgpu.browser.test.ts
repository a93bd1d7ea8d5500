/** @file The kernels in a page. The whole suite runs in Node, on the same software adapter. */
import * as core from '@neural-fields/core';
import { coreActivations } from '@neural-fields/core/layers';
import { jetContract } from '@neural-fields/testing/contracts';
import { describe, expect, test } from 'vitest';
import { smallFieldJetSuite } from '../suites/field-jet.ts';
import { fitSuite } from '../suites/fit.ts';
import { smallManyFieldsSuite } from '../suites/many-fields.ts';
import { smallNetworksSuite } from '../suites/networks.ts';

describe('the field jet', () => smallFieldJetSuite());
describe('networks', () => smallNetworksSuite());
describe('many fields', () => smallManyFieldsSuite());
describe('fits', () => fitSuite());

describe('all jets', () => {
  jetContract({ ...core, coreActivations }, 'webgpu', { runs: 3 });
});

test('works in a worker as well', async () => {
  const worker = new Worker(new URL('./fit-worker.ts', import.meta.url), { type: 'module' });
  const losses = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  expect(losses).toHaveLength(2);
  const [first, last] = losses as [number, number];
  expect(last).toBeLessThan(0.5 * first);
});
