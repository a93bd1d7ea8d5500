import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm, FIELD_GRADIENT } from '@neural-fields/testing';
import { setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createField,
  curl,
  divergence,
  type Field,
  gradient,
  hessian,
  jacobian,
  laplacian,
  mlp,
  type NetworkSize,
} from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

/** The field F = x M, with known derivatives. */
const linear = (matrix: readonly number[][]): Field => {
  const size: NetworkSize = {
    inFeatures: matrix.length,
    outFeatures: (matrix[0] as number[]).length,
    hiddenFeatures: matrix.length,
    hiddenLayers: 0,
  };
  const identity = matrix.map((_, i) => matrix.map((__, j) => (i === j ? 1 : 0)));
  return createField(mlp({ ...size, activation: { kind: 'identity' }, biasInitialiser: null }), {
    parameters: {
      'layers.0.weight': Float32Array.from(identity.flat()),
      'layers.1.weight': Float32Array.from(matrix.flat()),
    },
  });
};

const read = async (tensor: Tensor): Promise<number[]> => [...(await tensor.data())];

describe('operators', () => {
  const matrix = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 10],
  ];
  const coords = tensor2d([[0.5, -1, 2]]);

  it('have the documented index conventions', async () => {
    const field = linear(matrix);
    // F_j = sum_k x_k M_kj: the derivative of output j along coordinate k is M_kj.
    expect(await read(gradient(field, coords))).toEqual(matrix.flat());
    expect(await read(jacobian(field, coords))).toEqual([1, 4, 7, 2, 5, 8, 3, 6, 10]);
    expect(await read(divergence(field, coords))).toEqual([16]);
    // (d2 F3 - d3 F2, d3 F1 - d1 F3, d1 F2 - d2 F1)
    expect(await read(curl(field, coords))).toEqual([6 - 8, 7 - 3, 2 - 4]);
    expect(await read(laplacian(field, coords))).toEqual([0, 0, 0]);
    expect((await read(hessian(field, coords))).every(value => value === 0)).toBe(true);
    field.dispose();
  });

  it('give the scalar curl of a 2D field', async () => {
    const field = linear([
      [1, 2],
      [5, 3],
    ]);
    expect(await read(curl(field, tensor2d([[0.1, 0.2]])))).toEqual([2 - 5]);
    field.dispose();
  });

  it('agree with closed forms for a plane wave', async () => {
    // One sine layer with weights (3, 4) and bias b: F = sin(3 x + 4 y + b), Laplacian -25 F.
    const field = createField(
      mlp({
        inFeatures: 2,
        outFeatures: 1,
        hiddenFeatures: 1,
        hiddenLayers: 0,
        activation: { kind: 'sine', omega: 1 },
      }),
      {
        parameters: {
          'layers.0.weight': new Float32Array([3, 4]),
          'layers.0.bias': new Float32Array([0.5]),
          'layers.1.weight': new Float32Array([1]),
          'layers.1.bias': new Float32Array([0]),
        },
      },
    );
    const phase = 3 * 0.2 + 4 * -0.3 + 0.5;
    const point = tensor2d([[0.2, -0.3]]);
    expectCloseInNorm(await read(gradient(field, point)), [3 * Math.cos(phase), 4 * Math.cos(phase)], FIELD_GRADIENT);
    expectCloseInNorm(await read(laplacian(field, point)), [-25 * Math.sin(phase)], FIELD_GRADIENT);
    expectCloseInNorm(
      await read(hessian(field, point)),
      [-9, -12, -12, -16].map(w => w * Math.sin(phase)),
      FIELD_GRADIENT,
    );
    field.dispose();
  });

  it('reject fields that are not vector fields', () => {
    const field = linear([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const point = tensor2d([[0, 0]]);
    expect(() => divergence(field, point)).toThrow(
      'divergence: the field must have as many outputs as coordinates, got 3 outputs and 2 coordinates',
    );
    expect(() => curl(field, point)).toThrow('curl: the field must have 2 outputs and 2 coordinates, or 3 and 3');
    field.dispose();
  });
});
