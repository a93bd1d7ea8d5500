import type { ConstantOperation, GridOperation, LinearOperation } from '@neural-fields/core/kernels';
import type { ParameterArray } from '@neural-fields/core/layers';
import { describe, expect, it } from 'vitest';
import { hasPlainTables, parameterRegions } from '../../src/field-jet/regions.ts';
import { denseProgram } from '../setup/dense-program.ts';

const matrix: ParameterArray = { kind: 'parameter', index: 0, offset: 5, shape: [2, 3] };
const linear: LinearOperation = { kind: 'linear', inputs: [0], outFeatures: 3, weight: matrix };
const column: ConstantOperation = { kind: 'constant', inputs: [], outFeatures: 2, values: matrix, column: 1 };
const grid: GridOperation = {
  kind: 'grid',
  inputs: [0],
  outFeatures: 3,
  table: matrix,
  levels: [],
  interpolation: 'linear',
};

const at = (offset: number) => ({ own: false, offset });

describe('the offsets of parameters', () => {
  it('of a chain are those of the flat vector, so that its gradient is one copy', () => {
    const sine = { kind: 'sine', parameters: { omega: 1 } };
    const layers = [3, 1].map(outFeatures => ({ outFeatures, activation: sine }));
    const { reads, shared } = parameterRegions(denseProgram({ inFeatures: 2, order: 0 }, layers));
    const { writes, count, length, shares } = shared;
    expect([count, length, shares]).toEqual([13, 13, []]);
    for (const { vector, slot } of writes) expect(slot).toBe(vector);
    // Bindings begin at multiples of 64 floats.
    expect(reads.map(({ vector, slot, length }) => [vector, slot, length])).toEqual([
      [0, 0, 6],
      [6, 64, 3],
      [9, 128, 3],
      [12, 192, 1],
    ]);
  });

  it('have shares of the gradient where several operations use a parameter', () => {
    const { gradients, shared, reads } = parameterRegions({ operations: [linear, column] });
    const { cleared, shares, count, writes } = shared;
    expect([gradients.get(linear), gradients.get(column)]).toEqual([{ weight: at(0) }, { values: at(6) }]);
    expect(cleared).toEqual([{ start: 8, length: 6 }]);
    expect(shares).toEqual([
      { source: 0, destination: 8, length: 6, pitch: 1 },
      { source: 6, destination: 9, length: 2, pitch: 3 },
    ]);
    expect([count, writes, reads.length]).toEqual([14, [{ vector: 5, slot: 8, length: 6 }], 1]);
  });

  it('of tables follow all others', () => {
    const bias: ParameterArray = { kind: 'parameter', index: 1, offset: 0, shape: [3] };
    const weight = { kind: 'constant', shape: [2, 3], values: () => new Float32Array(6) } as const;
    const { gradients, shared, bindingOf } = parameterRegions({
      operations: [grid, { ...grid }, { ...linear, weight, bias }],
    });
    expect([...gradients.values()]).toEqual([{ bias: at(0) }, { table: at(3) }, { table: at(3) }]);
    expect([shared.count, shared.length]).toEqual([3, 9]);
    expect(bindingOf(weight)).toEqual({ values: new Float32Array(6) });
  });

  it('are not supported for a table that is also used in another way', () => {
    expect(hasPlainTables({ operations: [grid, column] })).toBe(false);
    expect(hasPlainTables({ operations: [grid, grid, { ...linear, weight: { ...matrix, index: 1 } }] })).toBe(true);
  });

  it('of per-field parameters are contiguous, and separate from shared ones', () => {
    const bias: ParameterArray = { kind: 'parameter', index: 1, offset: 50, shape: [3] };
    const own: ParameterArray = { ...matrix, fieldStride: 6 };
    const layer: LinearOperation = { ...linear, weight: own, bias };
    const twice: ConstantOperation = { ...column, values: own };
    const regions = parameterRegions({ operations: [layer, twice] }, 4);
    expect(regions.gradients.get(layer)).toEqual({ weight: { own: true, offset: 0 }, bias: at(0) });
    expect(regions.gradients.get(twice)).toEqual({ values: { own: true, offset: 24 } });
    expect(regions.own).toMatchObject({ count: 24 + 8 + 24, cleared: [{ start: 32, length: 24 }] });
    expect(regions.own.shares).toEqual([
      { source: 0, destination: 32, length: 24, pitch: 1 },
      { source: 24, destination: 33, length: 8, pitch: 3 },
    ]);
    expect(regions.own.writes).toEqual([{ vector: 5, slot: 32, length: 6, stride: 6 }]);
    expect(regions.shared).toMatchObject({ count: 3, writes: [{ vector: 50, slot: 0, length: 3 }] });
    expect(regions.reads).toEqual([
      { vector: 5, slot: 0, length: 6, stride: 6 },
      { vector: 50, slot: 64, length: 3 },
    ]);
    expect(regions.bindingOf(own)).toEqual({ slot: 'parameters', offset: 0, length: 24 });
  });
});
