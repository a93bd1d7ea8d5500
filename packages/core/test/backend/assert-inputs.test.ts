import { describe, expect, it } from 'vitest';
import { assertLoss } from '../../src/backend/assert-inputs.ts';
import type { KernelLoss } from '../../src/backend/backend.ts';
import type { KernelProgram } from '../../src/backend/kernel-program.ts';
import { squared } from '../../src/elementwise.ts';

const program: KernelProgram = {
  shape: { inFeatures: 2, order: 1 },
  inputs: [{ kind: 'coords', features: 2 }],
  operations: [],
  outFeatures: 2,
  parameterCount: 0,
};
const loss: KernelLoss = {
  blocks: [{ factor: 1, target: { index: 0, column: 0 } }, { factor: 0 }, { factor: 0 }],
  penalty: squared,
  targetWidths: [2, 1],
  weight: 1,
};

describe('assertLoss', () => {
  it('accepts a loss with targets that have all columns', () => {
    expect(() => assertLoss(program, loss)).not.toThrow();
  });

  it.each([
    [
      'columns that a target does not have',
      { blocks: [{ factor: 1, target: { index: 0, column: 1 } }, ...loss.blocks.slice(1)] },
    ],
    [
      'a target that is not there',
      { blocks: [{ factor: 1, target: { index: 5, column: 0 } }, ...loss.blocks.slice(1)] },
    ],
    ['a weight that is not there', { weight: 2 }],
    ['too few blocks', { blocks: loss.blocks.slice(1) }],
  ])('rejects %s', (_, change) => {
    expect(() => assertLoss(program, { ...loss, ...change })).toThrow(RangeError);
  });
});
