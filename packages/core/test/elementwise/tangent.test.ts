import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { activationContract } from '@neural-fields/testing/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { coreActivations } from '../../src/activations/index.ts';
import { derivativeActivationOf } from '../../src/elementwise/tangent.ts';

describe.each(['cpu', 'wasm'])('derivatives of activations as activations, on %s', backend => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    await tf.ready();
  });
  activationContract({
    definitions: coreActivations.map(definition => ({ ...derivativeActivationOf(definition), kind: definition.kind })),
    derivative: 1,
    tensor: (values, shape) => tf.tensor(values, [...shape], 'float32'),
  });
});

it('is memoized for each activation', () => {
  for (const definition of coreActivations)
    expect(derivativeActivationOf(definition)).toBe(derivativeActivationOf(definition));
});
