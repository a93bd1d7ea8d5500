import {
  concat,
  engine,
  pad,
  ready,
  setBackend,
  slice,
  stack,
  type Tensor,
  tensor,
  tile,
  transpose,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectSameAsCpu, inputsOf } from './compare-with-cpu.ts';

beforeEach(async () => {
  await setBackend('simd');
  await ready();
});

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
const settings = { numRuns: 40, seed: 20261121 };

describe('kernels that rearrange elements agree with the cpu backend:', () => {
  it('transpose', () =>
    fc.assert(
      fc.asyncProperty(
        shapes.chain(shape =>
          fc.record({
            shape: fc.constant(shape),
            axes: fc.shuffledSubarray(
              shape.map((_, axis) => axis),
              { minLength: shape.length },
            ),
          }),
        ),
        ({ shape, axes }) => expectSameAsCpu(inputsOf(shape), x => transpose(x as Tensor, axes)),
      ),
      settings,
    ));

  it('slice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 5 }), fc.nat(3)), { minLength: 1, maxLength: 4 }),
        parts =>
          expectSameAsCpu(inputsOf(parts.map(([before, size, after]) => before + size + after)), x =>
            slice(
              x as Tensor,
              parts.map(([before]) => before),
              parts.map(([, size, after], axis) => (axis === 0 && after === 0 ? -1 : size)),
            ),
          ),
      ),
      settings,
    ));

  it('tile', () =>
    fc.assert(
      fc.asyncProperty(
        shapes.chain(shape =>
          fc.tuple(fc.constant(shape), fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 })))),
        ),
        ([shape, reps]) => expectSameAsCpu(inputsOf(shape), x => tile(x as Tensor, reps)),
      ),
      settings,
    ));

  it('pad', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 1.5),
        (axes, value) =>
          expectSameAsCpu(inputsOf(axes.map(([length]) => length)), x =>
            pad(
              x as Tensor,
              axes.map(([, before, after]): [number, number] => [before, after]),
              value,
            ),
          ),
      ),
      settings,
    ));

  it('concat and stack', () =>
    fc.assert(
      fc.asyncProperty(
        shapes.chain(shape => fc.record({ shape: fc.constant(shape), axis: fc.nat(shape.length - 1) })),
        fc.integer({ min: 1, max: 40 }),
        async ({ shape, axis }, other) => {
          await expectSameAsCpu(inputsOf(shape, shape.with(axis, other), shape), (...parts) => concat(parts, axis));
          await expectSameAsCpu(inputsOf(shape, shape, shape), (...parts) => stack(parts, axis));
          await expectSameAsCpu(inputsOf(shape, shape), (...parts) => stack(parts, -1));
        },
      ),
      settings,
    ));

  it('empty tensors, single tensors, and integers', async () => {
    await expectSameAsCpu(inputsOf([0, 3], [2, 3]), (...parts) => concat(parts, 0));
    await expectSameAsCpu(inputsOf([2, 3]), (...parts) => concat(parts, 0));
    await expectSameAsCpu(inputsOf([2, 3]), (...parts) => stack(parts, 0));
    await expectSameAsCpu(inputsOf([0, 3]), x => transpose(x as Tensor));
    const whole = transpose(tensor([1, 2, 3, 4], [2, 2], 'int32'));
    expect([whole.dtype, ...(await whole.data())]).toEqual(['int32', 1, 3, 2, 4]);
    expect(() => concat([tensor([1], [1, 1]), tensor([1, 2], [1, 2])], 0)).toThrow();
  });

  it('and leave no tensors behind', () => {
    const before = engine().memory().numTensors;
    const x = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
    const parts = [
      transpose(x),
      slice(x, [0, 1], [2, 1]),
      tile(x, [2, 1]),
      pad(x, [
        [1, 0],
        [0, 1],
      ]),
      concat([x, x], 1),
      stack([x, x], 1),
    ];
    expect(engine().memory().numTensors).toBe(before + 1 + parts.length);
  });
});
