import type { LinearOperation } from '@neural-fields/core/kernels';
import { describe, expect, it } from 'vitest';
import type { FieldProgram } from '../../src/field-jet/field-program.ts';
import { formatOf } from '../../src/field-jet/format.ts';
import { type JetFormat, single } from '../../src/wgsl/jet-format.ts';
import { denseProgram, type LayerShape } from '../setup/dense-program.ts';

type Activation = LayerShape['activation'];

const network = (order: 0 | 1 | 2, activations: readonly Activation[], input = {}): FieldProgram => {
  const forms = { pairs: [[0, 0] as const], weights: [[1]] };
  const layers = [...activations, { kind: 'identity', parameters: {} }].map(activation => ({
    outFeatures: 2,
    activation,
  }));
  return denseProgram({ inFeatures: 2, order, ...(order === 2 && { forms }) }, layers, input);
};
const behindEncoding = { kind: 'jet', features: 8 } as const;
const sine = (omega: number) => ({ kind: 'sine', parameters: { omega } });

it('divides derivatives by a power of two near the steepest activation', () => {
  const scaleOf = (...activations: Activation[]): number => formatOf(network(2, activations), true).format.scale;
  expect(scaleOf(sine(30), sine(30))).toBe(32);
  expect(scaleOf(sine(3000), sine(30))).toBe(4096);
  expect(scaleOf(sine(-0.1))).toBe(1);
  expect(scaleOf({ kind: 'tanh', parameters: {} })).toBe(1);
  expect(scaleOf({ kind: 'gaussian', parameters: { sigma: 0.05 } })).toBe(16);
  expect(scaleOf({ kind: 'super-gaussian', parameters: { sigma: 0.5, b: 4 } })).toBe(4);
  expect(formatOf(network(0, [sine(30)]), true).format).toEqual({ half: true, scale: 1 });
});

it('is float32 by default, and for derivatives after an encoding', () => {
  expect(formatOf(network(2, [sine(30)]), false).format).toEqual(single);
  expect(formatOf(network(1, [sine(30)], behindEncoding), true).format).toEqual(single);
  expect(formatOf(network(0, [sine(30)], behindEncoding), true).format).toEqual({ half: true, scale: 1 });
});

describe('between operations', () => {
  const half: JetFormat = { half: true, scale: 32 };
  const program = network(2, [sine(30), sine(30), sine(30)]);

  it('is float16 between matrix products', () => {
    expect(formatOf(program, true).registers).toEqual([single, half, half, half, single]);
  });

  it('is float32 where another operation reads or writes it', () => {
    const { operations, widths } = program;
    const sum = { kind: 'sum', inputs: [2, 3], outFeatures: 2, coefficients: [1, 1] } as const;
    const [last] = operations.slice(-1) as [LinearOperation];
    const residual = {
      ...program,
      operations: [...operations.slice(0, -1), sum, { ...last, inputs: [4] }],
      widths: [...widths, 2],
    };
    expect(formatOf(residual as FieldProgram, true).registers).toEqual([single, half, single, single, single, single]);
  });

  it('is float32 for derivatives after fixed frequencies', () => {
    const weight = { kind: 'constant', shape: [2, 2], values: () => new Float32Array(4) } as const;
    const fixed = (of: FieldProgram): FieldProgram => {
      const [first, ...others] = of.operations as [LinearOperation, ...LinearOperation[]];
      return { ...of, operations: [{ ...first, weight }, ...others] };
    };
    expect(formatOf(fixed(program), true).format).toEqual(single);
    expect(formatOf(fixed(network(0, [sine(30)])), true).format).toEqual({ half: true, scale: 1 });
  });

  it('is float32 for derivatives after products', () => {
    const product = { kind: 'product', inputs: [4, 4], outFeatures: 2 } as const;
    const behind = (of: FieldProgram): FieldProgram => ({
      ...of,
      operations: [...of.operations, product],
      widths: [...of.widths, 2],
    });
    expect(formatOf(behind(program), true).format).toEqual(single);
    expect(formatOf(behind(network(0, [sine(30)])), true).format).toEqual({ half: true, scale: 1 });
  });
});
