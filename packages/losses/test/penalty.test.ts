import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
// The core registers tfjs's gradients.
import '@neural-fields/core';
import {
  engine,
  ready,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  zeros,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  absolute,
  charbonnierPenalty,
  frobeniusHessian,
  huberPenalty,
  mae,
  mse,
  type Penalty,
  penalise,
  sobolev,
  totalVariation,
} from '../src/index.ts';

const gradientAt = async (f: (x: Tensor) => Tensor, x: Tensor): Promise<number[]> => {
  const { grads } = engine().gradients(() => sum(f(x)), [x], scalar(1), false);
  return [...(await (grads[0] as Tensor).data())];
};

describe.each(['cpu', 'wasm'])('penalties on %s', backend => {
  beforeAll(async () => {
    await setBackend(backend);
    await ready();
  });

  it('have a zero derivative at 0, and the sign for the smallest errors', async () => {
    const x = tensor1d([0, 1e-7, -1e-7, 2]);
    const derivatives = (penalty: Penalty): Promise<number[]> => gradientAt(error => penalise(penalty, error), x);
    expect(await derivatives(absolute)).toEqual([0, 1, -1, 1]);
    expect((await derivatives(huberPenalty(0.5))).map(g => Math.fround(g))).toEqual(
      [0, 1e-7, -1e-7, 0.5].map(Math.fround),
    );
    expect((await derivatives(charbonnierPenalty(0.1)))[0]).toBe(0);
  });

  it('give finite gradients where a field is linear or constant', async () => {
    const batch = { coords: tensor2d([[0, 0]]), targets: {} };
    const value = tensor2d([[0]]);
    const [frobenius, variation] = [frobeniusHessian(), totalVariation()];
    expect((await frobenius({ value, hessian: zeros([1, 2, 2, 1]) }, batch).data())[0]).toBeLessThan(2e-12);
    const ofHessian = (hessian: Tensor): Tensor => frobenius({ value, hessian: hessian as Tensor4D }, batch);
    const ofGradient = (gradient: Tensor): Tensor => variation({ value, gradient: gradient as Tensor3D }, batch);
    expect(await gradientAt(ofHessian, zeros([1, 2, 2, 1]))).toEqual([0, 0, 0, 0]);
    expect(await gradientAt(ofGradient, zeros([1, 2, 1]))).toEqual([0, 0]);
  });
});

it('losses name the missing target and the expected width', () => {
  const coords = tensor2d([[0], [1]]);
  const value = tensor2d([[1], [3]]);
  const two = tensor2d([
    [1, 2],
    [3, 4],
  ]);
  expect(() => mae()({ value }, { coords, targets: {} })).toThrow(
    "mae: the points have no target 'value'; their targets: none",
  );
  expect(() => mse({ weight: 'mask' })({ value }, { coords, targets: { value, mask: two } })).toThrow(
    "mse: target 'mask' must be [n, 1] to weigh the losses, got [n, 2]",
  );
  expect(() => sobolev()({ value, gradient: zeros([2, 1, 1]) }, { coords, targets: { value, gradient: two } })).toThrow(
    "sobolev: target 'gradient' must be [n, 1] for 1 coordinates and 1 outputs, got [n, 2]",
  );
  expect(() => totalVariation({ channels: 'joint' as 'summed' })).toThrow(
    'totalVariation: channels must be one of separate, summed, got "joint"',
  );
  expect(() => huberPenalty(0)).toThrow('huberPenalty: delta must be a positive number, got 0');
  expect(() => sobolev({ gradientWeight: -1 })).toThrow(RangeError);
  expect(mse({ weight: 'mask' }).metrics).toBeUndefined();
});
