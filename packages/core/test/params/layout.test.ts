import '@tensorflow/tfjs-backend-cpu';
import {
  add,
  engine,
  grad,
  mul,
  scalar,
  setBackend,
  sum,
  type Tensor,
  tensor1d,
  variable,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createField, ParameterLayout, siren } from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

const zeros = (size: number) => () => new Float32Array(size);
const layout = new ParameterLayout([
  { layer: 'layers.0', role: 'table', group: 'table', shape: [3, 2], initialise: zeros(6) },
  { layer: 'layers.1', role: 'weight', group: 'network', shape: [2, 2], initialise: zeros(4) },
  { layer: 'layers.1', role: 'bias', group: 'network', shape: [2], initialise: zeros(2) },
  { layer: 'layers.1', role: 'activation.omega', group: 'network', shape: [], initialise: zeros(1) },
]);
const flat = Float32Array.from({ length: 13 }, (_, i) => i);

describe('a parameter layout', () => {
  it('has the names, offsets and sizes of all parameters in order', () => {
    expect(layout.names()).toEqual(['layers.0.table', 'layers.1.weight', 'layers.1.bias', 'layers.1.activation.omega']);
    expect(layout.entries.map(({ offset, size, index }) => [offset, size, index])).toEqual([
      [0, 6, 0],
      [6, 4, 1],
      [10, 2, 2],
      [12, 1, 3],
    ]);
    expect(layout.size).toBe(13);
  });

  it('selects by layer, role and group', () => {
    const names = (query: Parameters<typeof layout.select>[0]): string[] =>
      layout.select(query).map(({ name }) => name);
    expect(names({ group: 'table' })).toEqual(['layers.0.table']);
    expect(names({ role: 'weight' })).toEqual(['layers.1.weight']);
    expect(names({ layer: 'layers.1', role: 'bias' })).toEqual(['layers.1.bias']);
    expect(names({ layer: 'layers.0', role: 'bias' })).toEqual([]);
    expect(names({})).toEqual(layout.names());
  });

  it.each([1, 2])('splits a vector of %i parameters under a gradient', count => {
    const some = new ParameterLayout(layout.entries.slice(1, 1 + count));
    const vector = tensor1d(flat.slice(0, some.size));
    const squares = (x: Tensor): Tensor => {
      const parts = some.split(x as typeof vector);
      return parts.map(part => sum(mul(part, part))).reduce((a, b) => add(a, b));
    };
    expect([...grad(squares)(vector).dataSync()]).toEqual([...flat.slice(0, some.size)].map(x => 2 * x));
  });

  it('gives views into a flat vector, and splits and joins it', () => {
    const copy = flat.slice();
    layout.view(copy, 'layers.1.bias').fill(-1);
    expect(Array.from(copy.subarray(10, 12))).toEqual([-1, -1]);
    const map = layout.toMap(flat);
    expect(map.get('layers.0.table')).toEqual({ shape: [3, 2], data: flat.slice(0, 6) });
    expect(layout.toFlat(map)).toEqual(flat);
  });

  it('does the same with tensors, differentiably', async () => {
    const vector = tensor1d(flat);
    const parts = layout.split(vector);
    expect(parts.map(({ shape }) => shape)).toEqual([[3, 2], [2, 2], [2], []]);
    expect(await layout.join(parts).data()).toEqual(flat);
    const start = variable(vector);
    const { grads } = engine().gradients(
      () => sum(mul(layout.tensor(start as Tensor as typeof vector, 'layers.1.bias'), 3)),
      [start],
      scalar(1),
      false,
    );
    expect(Array.from(await (grads[0] as Tensor).data())).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0]);
  });

  it.each([
    [() => layout.entry('layers.1.weights'), "unknown parameter 'layers.1.weights'; known: layers.0.table"],
    [() => layout.view(new Float32Array(12), 'layers.1.bias'), 'the flat vector must be [13], got [12]'],
    [() => layout.toFlat(new Map()), "parameter 'layers.0.table' [3, 2] is missing"],
    [
      () => layout.toFlat(new Map([['layers.0.table', { data: [1] }]])),
      "parameter 'layers.0.table' must be [3, 2], got 1 values",
    ],
    [() => layout.pick({ 'layers.0.table': tensor1d([1, 2]) }), "parameter 'layers.0.table' must be [3, 2], got [2]"],
    [
      () => new ParameterLayout([...layout.entries, ...layout.entries]),
      "names must be unique, got 'layers.0.table' twice",
    ],
  ])('refuses what does not fit: %#', (wrong, message) => {
    expect(wrong).toThrow(message);
  });

  it('is available on a field', () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 }), {
      seed: 1,
    });
    expect(field.layout.names()).toEqual(Object.keys(field.parameters));
    expect(field.layout.size).toBe(field.parameterCount);
  });
});
