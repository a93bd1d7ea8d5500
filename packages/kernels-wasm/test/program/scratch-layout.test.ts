import type { KernelProgram, Operation } from '@neural-fields/core/kernels';
import { describe, expect, it } from 'vitest';
import { layOutScratch } from '../../src/program/scratch-layout.ts';
import { network } from './chain.ts';

const requirementsOf = (operations: readonly Operation[]) => ({
  layout: { panel: 8, tileBytes: 2 ** 19 },
  temporaryBytes: 4096,
  keptFloats: operations.map(() => 0),
});

/** A chain of layers of the same width. */
const chainOf = (layers: number): KernelProgram => {
  const [, hidden] = network.operations as [Operation, Operation];
  const operations = Array.from({ length: layers }, (_, index) => ({ ...hidden, inputs: [index] }) as Operation);
  return { ...network, inputs: [{ kind: 'coords', features: 48 }], operations, outFeatures: 48 };
};

describe('the buffers of a chain', () => {
  it('alternate for gradients, and for values that only a forward pass needs', () => {
    const program = chainOf(6);
    const backward = layOutScratch(program, 'loss', requirementsOf(program.operations));
    expect(new Set(backward.gradients.slice(1)).size).toBe(2);
    expect(backward.gradients[0]).toBe(-1);
    expect(new Set(backward.values).size).toBe(7);
    const forward = layOutScratch(program, 'forward', requirementsOf(program.operations));
    expect(new Set(forward.values).size).toBeLessThanOrEqual(3);
    expect(forward.backwardOrder).toEqual([]);
  });

  it('do not overlap while they are live', () => {
    const program = chainOf(3);
    const { values, preActivations, gradients, strides, tilePoints, scratchBytes } = layOutScratch(
      program,
      'backward',
      requirementsOf(program.operations),
    );
    const bytes = 4 * tilePoints * (strides[0] as number);
    const all = [...new Set([...values, ...preActivations, ...gradients])].sort((a, b) => a - b);
    for (const [index, offset] of all.entries())
      expect((all[index + 1] ?? scratchBytes) - offset).toBeGreaterThanOrEqual(bytes);
  });
});

it('tiles have as many points as fit, in multiples that the machine asks for', () => {
  const program = chainOf(3);
  const { layout, ...more } = requirementsOf(program.operations);
  const pointsOf = (own: object): number =>
    layOutScratch(program, 'loss', { ...more, layout: { ...layout, tileBytes: 2 ** 18, ...own } }).tilePoints;
  const most = pointsOf({});
  expect(most % 32).not.toBe(0);
  expect(pointsOf({ tilePointsMultiple: 32 })).toBe(32 * Math.floor(most / 32));
  expect(pointsOf({ tilePointsMultiple: 32, tileBytes: 2 ** 14 })).toBe(pointsOf({ tileBytes: 2 ** 14 }));
});

it('a value that is read twice has one gradient, in which the earlier reader accumulates', () => {
  const program: KernelProgram = {
    ...chainOf(2),
    operations: [...chainOf(2).operations, { kind: 'sum', inputs: [1, 2], outFeatures: 48, coefficients: [1, 1] }],
  };
  const { contributions } = layOutScratch(program, 'loss', requirementsOf(program.operations));
  expect(contributions[2]?.map(({ accumulates }) => accumulates)).toEqual([false, false]);
  expect(contributions[1]?.map(({ accumulates }) => accumulates)).toEqual([true]);
  expect(contributions[1]?.[0]?.gradient).toBe(contributions[2]?.[0]?.gradient);
});

it('the derivatives with respect to the outputs of a loss have a place where nothing learns, too', () => {
  const program: KernelProgram = {
    ...chainOf(1),
    operations: [{ kind: 'sum', inputs: [0], outFeatures: 48, coefficients: [2] }],
  };
  const { gradients, scratchBytes, strides, tilePoints } = layOutScratch(
    program,
    'loss',
    requirementsOf(program.operations),
  );
  expect(gradients[0]).toBe(-1);
  expect(gradients[1]).toBeGreaterThanOrEqual(0);
  expect((gradients[1] as number) + 4 * tilePoints * (strides[1] as number)).toBeLessThanOrEqual(scratchBytes);
});
