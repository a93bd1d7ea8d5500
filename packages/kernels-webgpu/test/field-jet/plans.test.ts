/** @file The plans of passes; no graphics card needed. */
import type { KernelProgram, LinearOperation, Operation } from '@neural-fields/core/kernels';
import { describe, expect, it } from 'vitest';
import { backwardPart } from '../../src/field-jet/backward-plan.ts';
import { type FieldProgram, fieldProgram } from '../../src/field-jet/field-program.ts';
import { formatOf } from '../../src/field-jet/format.ts';
import { forwardPart, registerSlots } from '../../src/field-jet/forward-plan.ts';
import { givenLastStep } from '../../src/field-jet/last-step.ts';
import { parameterRegions } from '../../src/field-jet/regions.ts';
import { denseProgram } from '../setup/dense-program.ts';

const chain = denseProgram(
  { inFeatures: 2, order: 1 },
  ['sine', 'sine', 'identity'].map(kind => ({ outFeatures: 4, activation: { kind, parameters: { omega: 1 } } })),
);

const withOperations = (
  operations: readonly Operation[],
  inputs: KernelProgram['inputs'] = chain.inputs,
): FieldProgram =>
  fieldProgram({ shape: { inFeatures: 2, order: 1 }, inputs, operations, outFeatures: 4, parameterCount: 100 });

/** The layers of {@link chain}, which may read other registers. */
const layer = (index: number, input: number): LinearOperation => ({
  ...(chain.operations[index] as LinearOperation),
  inputs: [input],
});

/** The sum of the first layer and the second layer after it, followed by the last layer. */
const residual = withOperations([
  layer(0, 0),
  layer(1, 1),
  { kind: 'sum', inputs: [1, 2], outFeatures: 4, coefficients: [1, 1] },
  layer(2, 3),
]);

const options = (program: FieldProgram) =>
  ({ points: 9, fields: 1, style: 'direct', format: formatOf(program, false) }) as const;

const forward = (program: FieldProgram) =>
  forwardPart(program, parameterRegions(program), { ...options(program), keeps: true }).steps.map(
    ({ shader }) => shader.label,
  );

const backward = (program: FieldProgram, reachesInput = false) => {
  const regions = parameterRegions(program);
  const last = givenLastStep(program, regions, options(program));
  return backwardPart(program, regions, {
    ...options(program),
    continues: { shared: false, own: false },
    reachesInput,
    last,
  });
};

const labels = (program: FieldProgram, reachesInput?: boolean): string[] =>
  backward(program, reachesInput).steps.map(({ shader }) => shader.label);

describe('a chain', () => {
  it('has a dispatch for each layer', () => {
    expect(forward(chain)).toEqual(['pack input', 'forward 2x4 sine', 'forward 4x4 sine', 'forward 4x4 identity']);
  });

  it('alternates between two buffers where nothing is kept', () => {
    expect(registerSlots(chain, false)).toEqual(['rows', 'h0', 'h1', 'h0']);
    expect(registerSlots(residual, false)).toEqual(['rows', 'h0', 'h1', 'h2', 'h0']);
  });

  it('fuses each activation into the backward pass of a layer, with two buffers', () => {
    expect(labels(chain)).toEqual([
      'given upstream',
      'weight gradient 4x4',
      'backward 4x4 sine',
      'weight gradient 4x4',
      'backward 4x4 sine',
      'weight gradient 2x4',
      'sum of parts',
    ]);
    const gradients = Object.keys(backward(chain, true).slots).filter(slot => /^g\d/.test(slot));
    expect(gradients).toEqual(['g0', 'g1']);
  });
});

describe('the backward pass', () => {
  it('sums the gradients from several readers before the activation of a register', () => {
    expect(labels(residual)).toEqual([
      'given upstream',
      'weight gradient 4x4',
      'backward 4x4 input',
      'sum 1.0',
      'sum 1.0',
      'activation sine, backward',
      'weight gradient 4x4',
      'backward 4x4 input',
      'activation sine, backward',
      'weight gradient 2x4',
      'sum of parts',
    ]);
  });

  it('computes no gradients that are not needed', () => {
    const weight = { kind: 'constant', shape: [2, 4], values: () => new Float32Array(8) } as const;
    const { bias: _, ...plain } = layer(0, 0);
    const fixed = withOperations([{ ...plain, weight }, layer(1, 1)]);
    expect(labels(fixed)).toEqual(['given upstream', 'weight gradient 4x4', 'sum of parts']);
    expect(labels(fixed, true)).toEqual([
      'given upstream',
      'weight gradient 4x4',
      'backward 4x4 sine',
      'backward 2x4 input',
      'unpack rows',
      'sum of parts',
    ]);
  });

  it('has a dispatch for an activation between other operations, and none for one before a matrix product', () => {
    const { activation } = layer(0, 0);
    const wave = (input: number): Operation => ({
      kind: 'elementwise',
      inputs: [input],
      outFeatures: 4,
      activation: activation as NonNullable<typeof activation>,
    });
    const jets = [{ kind: 'jet', features: 4 } as const];
    const alone = withOperations([{ kind: 'product', inputs: [0, 0], outFeatures: 4 }, wave(1), layer(1, 2)], jets);
    expect(labels(alone, true)).toEqual([
      'given upstream',
      'weight gradient 4x4',
      'backward 4x4 sine',
      'product, backward',
      'product, backward',
      'unpack rows',
      'sum of parts',
    ]);
    const between = withOperations([wave(0), { kind: 'product', inputs: [1, 1], outFeatures: 4 }, layer(1, 2)], jets);
    expect(labels(between, true)).toContain('elementwise sine, backward');
  });
});
