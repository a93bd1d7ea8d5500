import { describe, expect, it } from 'vitest';
import { denseChainOf, isChainOperation } from '../../src/backend/dense-chain.ts';
import { coreActivations } from '../../src/layers.ts';
import type { ParameterNumbers } from '../../src/ops/numbers.ts';
import type { LinearOperation } from '../../src/ops/operation.ts';

const numbers = (index: number, shape: readonly number[]): ParameterNumbers => ({
  kind: 'parameter',
  index,
  offset: 10 * index,
  shape,
});
const sine = coreActivations.find(({ kind }) => kind === 'sine') as (typeof coreActivations)[number];

const layer: LinearOperation = {
  kind: 'linear',
  inputs: [0],
  outFeatures: 3,
  weight: numbers(0, [2, 3]),
  bias: numbers(1, [3]),
  activation: { definition: sine, parameters: [{ name: 'omega', value: numbers(2, []), initial: 30 }] },
};
const program = {
  shape: { inFeatures: 2, order: 0 as const },
  inputs: [{ kind: 'coords' as const, features: 2 }],
  operations: [layer],
  outFeatures: 3,
  parameterCount: 30,
};

describe('a chain of dense layers', () => {
  it('has the definitions of its activations, and what learned parameters are at the start', () => {
    const chain = denseChainOf(program);
    expect(chain?.network.layers[0]?.activation).toEqual({
      kind: 'sine',
      definition: sine,
      parameters: { omega: 30 },
      learnable: ['omega'],
    });
    expect(chain?.parameters.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('has learned parameters in the order in which they lie in the flat vector', () => {
    const definition = coreActivations.find(({ kind }) => kind === 'super-gaussian') as typeof sine;
    const [a, b] = [numbers(3, []), numbers(2, [])];
    const parameters = [
      { name: 'a', value: a, initial: 1 },
      { name: 'b', value: b, initial: 2 },
    ];
    const chain = denseChainOf({ ...program, operations: [{ ...layer, activation: { definition, parameters } }] });
    expect(chain?.network.layers[0]?.activation).toMatchObject({ parameters: { a: 1, b: 2 }, learnable: ['b', 'a'] });
    expect(chain?.parameters.slice(2)).toEqual([b, a]);
  });

  it('is none where an operation is something else', () => {
    expect(denseChainOf({ ...program, inputs: [] })).toBeUndefined();
    expect(denseChainOf({ ...program, operations: [layer, layer] })).toBeUndefined();
    expect(isChainOperation(layer, () => false)).toBe(true);
    expect(isChainOperation({ kind: 'product', inputs: [0, 0], outFeatures: 2 }, () => true)).toBe(false);
  });
});
