import '@tensorflow/tfjs-backend-cpu';
import { createField, type JetSource, siren } from '@neural-fields/core';
import { expectCloseInNorm, FIELD_SECOND, type TaylorNumber } from '@neural-fields/testing';
import { add, setBackend, sub, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { boxFactor, constrainedField, hardBoundary, mse, pdeResidual, separablePolynomial } from '../src/index.ts';
import { flatJet, jetOf, type TaylorFunction, tensorJet } from './oracle.ts';

beforeAll(() => setBackend('cpu'));

const points = [
  [0.3, -0.4],
  [-0.9, 0.2],
  [0.5, 0.75],
].map(point => point.map(Math.fround));
const coords = tensor2d(points);
const REQUEST = {
  gradient: true,
  laplacian: true,
  hessian: true,
  second: [
    [1, 0],
    [2, -3],
  ],
} as const;

/** A known function as a source of jets. */
const known = (f: TaylorFunction): JetSource => ({
  inFeatures: 2,
  jet: (at, request) => {
    const rows = at.arraySync();
    return tensorJet(
      rows.map(point => jetOf(f, point)),
      request,
    );
  },
});

const expectJet = async (field: JetSource, f: TaylorFunction): Promise<void> => {
  const jet = field.jet(coords, REQUEST);
  const expected = flatJet(
    points.map(point => jetOf(f, point)),
    REQUEST,
  );
  for (const part of ['value', 'gradient', 'laplacian', 'hessian'] as const)
    expectCloseInNorm(await jet[part].data(), expected[part] as number[], FIELD_SECOND, part);
  for (const [j, form] of jet.second.entries())
    expectCloseInNorm(await form.data(), expected[`second${j}`] as number[], FIELD_SECOND, `form ${j}`);
};

const wavy: TaylorFunction = (t, [x, y]) => [
  t.sin(t.add(t.scale(x as TaylorNumber, 2), t.scale(y as TaylorNumber, 3))),
  t.exp(t.mul(x as TaylorNumber, y as TaylorNumber)),
];

const bowl: TaylorFunction = (t, [x, y]) => [
  t.mul(
    t.add(t.constant(1), t.scale(x as TaylorNumber, -2)),
    t.add(t.constant(0.5), t.scale(t.power(y as TaylorNumber, 2), 3)),
  ),
];

const ramp: TaylorFunction = (t, [x, y]) => [t.add(t.power(x as TaylorNumber, 2), t.scale(y as TaylorNumber, 0.5))];

describe('separablePolynomial', () => {
  it('has the derivatives of a product of polynomials', () =>
    expectJet(
      separablePolynomial([
        [1, -2],
        [0.5, 0, 3],
      ]),
      bowl,
    ));

  it('rejects wrong coefficients and coordinates', () => {
    expect(() => separablePolynomial([])).toThrow(RangeError);
    expect(() => separablePolynomial([[1], []])).toThrow(
      'coefficients must be finite numbers for at least one coordinate',
    );
    expect(() => separablePolynomial([[1]]).jet(coords, {})).toThrow(
      'separablePolynomial: coords must be [n, 1], got [3, 2]',
    );
  });
});

describe('boxFactor', () => {
  it('is 0 on the faces, 1 at the centre, and constant along unconstrained coordinates', async () => {
    const factor = boxFactor([[-1, 3], null]);
    const at = tensor2d([
      [-1, 0.5],
      [3, -7],
      [1, 9],
      [0, 0],
    ]);
    expectCloseInNorm(await factor.jet(at, {}).value.data(), [0, 0, 1, 0.75], { absolute: 1e-6 });
    expect(() => boxFactor([[1, 1]])).toThrow(
      'boxFactor: each coordinate must have [low, high] with low < high, got [1, 1]',
    );
  });
});

describe('constrainedField', () => {
  it('has the jet of g + D N by the product rule', () =>
    expectJet(constrainedField(known(wavy), { factor: known(bowl), offset: known(ramp) }), (t, x) =>
      wavy(t, x).map(n => t.add(ramp(t, x)[0] as TaylorNumber, t.mul(bowl(t, x)[0] as TaylorNumber, n))),
    ));

  it('meets the boundary values whatever the field is', async () => {
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0 }), {
      seed: 1,
    });
    const solution = constrainedField(field, { factor: boxFactor([[-1, 1], null]), offset: known(ramp) });
    const edge = [
      [-1, 0.3],
      [1, -0.8],
    ];
    const values = await solution.jet(tensor2d(edge), {}).value.data();
    expectCloseInNorm(
      values,
      edge.map(([x, y]) => (x as number) ** 2 + 0.5 * (y as number)),
      { relative: 1e-6 },
    );
    expect(() => constrainedField(field, { factor: boxFactor([[0, 1]]) })).toThrow(
      'must have 2 coordinates like the field, got 1',
    );
    field.dispose();
  });
});

describe('hardBoundary', () => {
  it('is the loss on the constrained field', async () => {
    const boundary = { factor: known(bowl), offset: known(ramp) };
    const derivatives = { laplacian: true, second: [[0, 1]] } as const;
    const residual = pdeResidual<typeof derivatives>(({ value, laplacian, second: [yy] }) =>
      sub(add(value, laplacian), yy),
    );
    const loss = hardBoundary(residual, { derivatives, ...boundary });
    expect(loss.derivatives).toEqual({ ...derivatives, gradient: true });
    const batch = { coords, targets: {} };
    const actual = loss(known(wavy).jet(coords, loss.derivatives), batch);
    const expected = residual(constrainedField(known(wavy), boundary).jet(coords, derivatives), batch);
    expectCloseInNorm(await actual.data(), await expected.data(), FIELD_SECOND);
    const { value } = known(wavy).jet(coords, {});
    expect(() => loss({ value } as Parameters<typeof loss>[0], batch)).toThrow(
      'hardBoundary: the jet must have the gradient',
    );
  });

  it('keeps the metrics of its loss', () => {
    const loss = hardBoundary(mse(), { derivatives: {}, factor: boxFactor([[0, 1]]) });
    expect(loss.metrics?.['psnr']?.(0.04)).toBeCloseTo(20, 12);
  });
});
