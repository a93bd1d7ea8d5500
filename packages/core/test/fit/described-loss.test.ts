import '@tensorflow/tfjs-backend-cpu';
import { ready, setBackend, type Tensor, tensor2d, tensor3d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { absolute, squared } from '../../src/elementwise.ts';
import { pointwiseLoss } from '../../src/index.ts';

beforeAll(async () => {
  await setBackend('cpu');
  await ready();
});

const value = tensor2d([
  [1, 2],
  [3, 4],
]);
const coords = tensor2d([
  [0, 0, 0],
  [1, 1, 1],
]);
// Two points, three coordinates, two outputs.
const gradient = tensor3d([
  [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  [
    [-1, -2],
    [-3, -4],
    [-5, -6],
  ],
]);
const laplacian = tensor2d([
  [10, 20],
  [30, 40],
]);
const rows = async (losses: Tensor): Promise<unknown> => losses.array();

describe('pointwiseLoss', () => {
  it('is the weighted penalty of the value minus a target', async () => {
    const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'seen' }], penalty: squared, weight: 'mask' });
    const targets = {
      seen: tensor2d([
        [0, 0],
        [1, 1],
      ]),
      mask: tensor2d([[1], [0.5]]),
    };
    expect(await rows(loss({ value }, { coords, targets }))).toEqual([
      [1, 4],
      [2, 4.5],
    ]);
    expect(loss.derivatives).toEqual({});
  });

  it('sums over the coordinates of a gradient, with a factor that may depend on their number', async () => {
    const factor = (inFeatures: number): number => 1 / inFeatures;
    const loss = pointwiseLoss({ errors: [{ of: 'gradient', factor }], penalty: absolute });
    expect(await rows(loss({ value, gradient }, { coords, targets: {} }))).toEqual([
      [3, 4],
      [3, 4],
    ]);
    expect(loss.derivatives).toEqual({ gradient: true });
  });

  it('sums the errors of several parts', async () => {
    const description = {
      errors: [
        { of: 'value', factor: 2 },
        { of: 'gradient', target: 'slope' },
        { of: 'laplacian', target: 'curvature', factor: 0.5 },
      ],
      penalty: squared,
    } as const;
    const loss = pointwiseLoss(description, { name: 'all' });
    const targets = {
      slope: tensor2d([
        [1, 2, 3, 4, 5, 7],
        [-1, -2, -3, -4, -3, -6],
      ]),
      curvature: laplacian,
    };
    expect(await rows(loss({ value, gradient, laplacian }, { coords, targets }))).toEqual([
      [2, 9],
      [22, 32],
    ]);
    expect(loss.derivatives).toEqual({ gradient: true, laplacian: true });
    expect(loss.pointwise).toBe(description);
  });

  it('names what is missing', () => {
    const loss = pointwiseLoss({ errors: [{ of: 'gradient', target: 'slope' }], penalty: squared }, { name: 'mine' });
    expect(() => loss({ value, gradient }, { coords, targets: {} })).toThrow(
      new RangeError("mine: the points have no target 'slope'; their targets: none"),
    );
    expect(() => loss({ value, gradient }, { coords, targets: { slope: value } })).toThrow(
      new RangeError("mine: target 'slope' must be [n, 6] for 3 coordinates and 2 outputs, got [n, 2]"),
    );
    const jet = { value } as Parameters<typeof loss>[0];
    expect(() => loss(jet, { coords, targets: {} })).toThrow(
      new TypeError('mine: the jet must have the gradient; give the term the option derivatives: { gradient: true }'),
    );
  });

  it('has its metrics', () => {
    const metrics = { root: Math.sqrt };
    expect(pointwiseLoss({ errors: [{ of: 'value' }], penalty: squared }, { metrics }).metrics).toBe(metrics);
    expect(pointwiseLoss({ errors: [{ of: 'value' }], penalty: squared }).metrics).toBeUndefined();
  });
});
