import type { Operation } from '@neural-fields/core/kernels';
import { expect, it } from 'vitest';
import { hasKernels } from '../../../src/field-jet/ops/index.ts';
import { layerActivation } from '../../setup/layer-activation.ts';

const elementwise = (definition: object): Operation =>
  ({
    kind: 'elementwise',
    inputs: [0],
    outFeatures: 2,
    activation: { definition, parameters: [] },
  }) as object as Operation;

it('has kernels for all operations except custom rules in tfjs ops', () => {
  const definition = layerActivation('tanh').definition as object;
  expect(hasKernels(elementwise(definition))).toBe(true);
  expect(hasKernels(elementwise({ ...definition, expressions: undefined }))).toBe(false);
  expect(hasKernels({ kind: 'product', inputs: [0, 0], outFeatures: 2 })).toBe(true);
  const rule: Operation = {
    kind: 'custom',
    inputs: [0],
    outFeatures: 2,
    arrays: [],
    rule: ({ inputs: [jet] }) => jet as NonNullable<typeof jet>,
  };
  expect(hasKernels(rule)).toBe(false);
});
