import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { activationContract } from '@neural-fields/testing/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { coreActivations } from '../../src/activations/index.ts';

describe.each(['cpu', 'wasm'])('activations on %s', backend => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    await tf.ready();
  });
  activationContract({
    definitions: coreActivations,
    tensor: (values, shape) => tf.tensor(values, [...shape], 'float32'),
  });
});

it('has unique kinds', () => {
  const kinds = coreActivations.map(definition => definition.kind);
  expect(new Set(kinds).size).toBe(kinds.length);
});
