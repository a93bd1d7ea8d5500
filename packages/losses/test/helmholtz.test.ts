import '@tensorflow/tfjs-backend-cpu';
import { createRng, type Jet } from '@neural-fields/core';
import { expectCloseInNorm, type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from '@neural-fields/testing';
import { add, setBackend, slice, square, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  gaussianSource,
  type HelmholtzDerivatives,
  helmholtz,
  helmholtzDerivatives,
  helmholtzInversion,
  helmholtzResidual,
  perfectlyMatchedLayer,
  squaredSlownessOf,
} from '../src/index.ts';
import { jetOf, type PointJet, type TaylorFunction, tensorJet } from './oracle.ts';

beforeAll(() => setBackend('cpu'));

const K = 8;
const STRENGTH = 5;
const WIDTH = 0.5;

/**
 * The stretched coordinate, integral of e = x - i a l^3 / (3 L^2) sign(x), as real and imaginary parts in Taylor
 * arithmetic. A plane wave in this coordinate solves the equation exactly, in the layer too.
 */
const stretched = (t: TaylorAlgebra, x: TaylorNumber): { real: TaylorNumber; imaginary: TaylorNumber } => {
  const depth = t.sub(t.abs(x), t.constant(1 - WIDTH));
  const outward = t.value(x) < 0 ? -1 : 1;
  const cube = t.value(depth) > 0 ? t.power(depth, 3) : t.constant(0);
  return { real: x, imaginary: t.scale(cube, (-outward * STRENGTH) / (3 * WIDTH ** 2)) };
};

/** exp(-i k (direction . stretched x)) */
const planeWave =
  (direction: readonly number[]): TaylorFunction =>
  (t, x) => {
    const parts = x.map((p, k) => ({ weight: K * (direction[k] as number), ...stretched(t, p) }));
    const sum = (part: 'real' | 'imaginary'): TaylorNumber =>
      parts.map(p => t.scale(p[part], p.weight)).reduce((a, b) => t.add(a, b));
    const size = t.exp(sum('imaginary'));
    const phase = sum('real');
    return [t.mul(size, t.cos(phase)), t.scale(t.mul(size, t.sin(phase)), -1)];
  };

const randomPoints = (count: number, d: number): number[][] => {
  const rng = createRng(3);
  return Array.from({ length: count }, () => Array.from({ length: d }, () => Math.fround(2 * rng.uniform() - 1)));
};

const jetsAt = (f: TaylorFunction, points: readonly number[][]): Jet<HelmholtzDerivatives> =>
  tensorJet(
    points.map(point => jetOf(f, point)),
    helmholtzDerivatives(points[0]?.length),
  );

describe('helmholtzResidual', () => {
  it.each([
    { direction: [1] },
    { direction: [-1] },
    { direction: [0.6, -0.8] },
    { direction: [Math.SQRT1_2, Math.SQRT1_2] },
    { direction: [2 / 3, -1 / 3, 2 / 3] },
  ])('vanishes for a plane wave along $direction, in the layer and outside', async ({ direction }) => {
    const points = randomPoints(64, direction.length);
    expect(points.some(point => point.some(x => Math.abs(x) > 0.6))).toBe(true);
    const jet = jetsAt(planeWave(direction), points);
    const coords = tensor2d(points);
    const absorbing = perfectlyMatchedLayer();
    const residual = await helmholtzResidual(jet, coords, { wavenumber: K, absorbing }).data();
    // The terms that cancel are of size k^2 |E| |u|, at most about k^2 e^(k a L / 3) where waves enter from the
    // boundary.
    const size = Math.max(
      ...(await helmholtzResidual(jet, coords, { wavenumber: 2 * K, absorbing }).data()).map(Math.abs),
    );
    expect(size).toBeGreaterThan(K ** 2);
    expectCloseInNorm(residual, new Float32Array(residual.length), { absolute: 2e-6 * size });
  });

  it('vanishes for a plane wave without a layer, but not for a wrong wavenumber', async () => {
    const points = randomPoints(16, 2).map(point => point.map(x => x / 4));
    const jet = jetsAt(planeWave([0.8, 0.6]), points);
    const coords = tensor2d(points);
    const largest = async (wavenumber: number, slowness?: number): Promise<number> => {
      const m = slowness === undefined ? undefined : tensor2d(points.map(() => [slowness]));
      return Math.max(
        ...(await helmholtzResidual(jet, coords, { wavenumber, squaredSlowness: m }).data()).map(Math.abs),
      );
    };
    expect(await largest(K)).toBeLessThan(1e-4);
    expect(await largest(K / 2, 4)).toBeLessThan(1e-4);
    expect(await largest(K + 1)).toBeGreaterThan(10);
  });

  it('accepts the medium as a target or as a function, such as another field', async () => {
    const points = randomPoints(8, 2);
    const jet = jetsAt(planeWave([0.8, 0.6]), points);
    const coords = tensor2d(points);
    const m = tensor2d(points.map(([x]) => [1 + (x as number) ** 2]));
    const known = { wavenumber: K, absorbing: perfectlyMatchedLayer(), source: null };
    const named = helmholtz({ ...known, squaredSlowness: 'm' });
    const computed = helmholtz({ ...known, squaredSlowness: at => add(square(slice(at, [0, 0], [-1, 1])), 1) });
    const expected = await helmholtzResidual(jet, coords, {
      wavenumber: K,
      absorbing: perfectlyMatchedLayer(),
      squaredSlowness: m,
    }).data();
    for (const loss of [named, computed])
      expectCloseInNorm(await loss(jet, { coords, targets: { m } }).data(), expected.map(Math.abs), { relative: 1e-6 });
    expect(() => named(jet, { coords, targets: {} })).toThrow(
      "helmholtz: the points have no target 'm'; their targets: none",
    );
  });

  it('agrees with float64 finite differences of the divergence form', async () => {
    const f: TaylorFunction = (t, [x, y]) => {
      const r = t.add(
        t.power(t.sub(x as TaylorNumber, t.constant(0.2)), 2),
        t.power(t.add(y as TaylorNumber, t.constant(0.4)), 2),
      );
      const bell = t.exp(t.scale(r, -1.5));
      return [t.mul(bell, t.cos(t.scale(x as TaylorNumber, 3))), t.mul(bell, t.sin(t.scale(y as TaylorNumber, 2)))];
    };
    type C = readonly [number, number];
    const times = ([a, b]: C, [c, d]: C): C => [a * c - b * d, a * d + b * c];
    const over = (a: C, [c, d]: C): C => times(a, [c / (c * c + d * d), -d / (c * c + d * d)]);
    const e = (x: number): C => [1, -STRENGTH * (Math.max(Math.abs(x) - (1 - WIDTH), 0) / WIDTH) ** 2];
    const u = (x: number, y: number): PointJet => jetOf(f, [x, y]);
    const first = (jet: PointJet, k: 0 | 1): C => [jet.gradient[k]?.[0] as number, jet.gradient[k]?.[1] as number];
    const h = 1e-5;
    const divergenceForm = ([x, y]: readonly number[] | number[]): C => {
      const [px, py] = [x as number, y as number];
      const fluxX = (at: number): C => times(over(e(py), e(at)), first(u(at, py), 0));
      const fluxY = (at: number): C => times(over(e(px), e(at)), first(u(px, at), 1));
      const difference = (flux: (at: number) => C, at: number): C => {
        const [above, below] = [flux(at + h), flux(at - h)];
        return [(above[0] - below[0]) / (2 * h), (above[1] - below[1]) / (2 * h)];
      };
      const [a, b] = [difference(fluxX, px), difference(fluxY, py)];
      const { value } = u(px, py);
      const c = times(times(e(px), e(py)), [K ** 2 * (value[0] as number), K ** 2 * (value[1] as number)]);
      return [a[0] + b[0] + c[0], a[1] + b[1] + c[1]];
    };
    const points = randomPoints(32, 2);
    const residual = helmholtzResidual(jetsAt(f, points), tensor2d(points), {
      wavenumber: K,
      absorbing: perfectlyMatchedLayer(),
    });
    expectCloseInNorm(await residual.data(), points.flatMap(divergenceForm), { relative: 1e-6 });
  });

  it('rejects wrong jets, layers and options', () => {
    const jet = jetsAt((t, [x]) => [t.sin(x as TaylorNumber)], [[0.1], [0.2]]);
    const coords = tensor2d([[0.1], [0.2]]);
    expect(() => helmholtzResidual(jet, coords, { wavenumber: 1 })).toThrow(
      'pairs of real and imaginary parts, got 1 outputs',
    );
    const wide = jetsAt(planeWave([1]), [[0.1], [0.2]]);
    expect(() => helmholtzResidual(wide, tensor2d([[1, 2]]), { wavenumber: 1 })).toThrow(
      'must have 2 second derivatives',
    );
    expect(() => perfectlyMatchedLayer({ width: 2 })).toThrow(
      'perfectlyMatchedLayer: width must be at most the bound 1, got 2',
    );
    expect(() => perfectlyMatchedLayer({ strength: -1 })).toThrow(RangeError);
    expect(() => helmholtz({ wavenumber: 0, absorbing: null })).toThrow(
      'helmholtz: wavenumber must be a positive number',
    );
    const loss = helmholtz({ wavenumber: 1, absorbing: null, inFeatures: 1 });
    expect(() => loss(wide, { coords, targets: {} })).toThrow(
      "helmholtz: the points have no target 'source'; their targets: none",
    );
    const { value } = wide;
    expect(() => loss({ value } as typeof wide, { coords, targets: {} })).toThrow(
      'helmholtz: the jet must have the gradient; give the term derivatives: {"gradient":true,"second":[[1]]}',
    );
  });
});

describe('full-waveform inversion', () => {
  it('clamps the medium inside, and sets it to 1 outside', async () => {
    const value = tensor2d([
      [0, 0, 0.5],
      [0, 0, -3],
      [0, 0, 0.5],
    ]);
    const coords = tensor2d([
      [0.1, 0.7],
      [0, 0],
      [0.1, -0.8],
    ]);
    expectCloseInNorm(await squaredSlownessOf(value, coords).data(), [1.5, 1e-3, 1], { absolute: 1e-7 });
    expectCloseInNorm(
      await squaredSlownessOf(value, coords, { unknownBound: 1, minSquaredSlowness: 0.1 }).data(),
      [1.5, 0.1, 1.5],
      {
        absolute: 1e-7,
      },
    );
  });

  it('has a zero residual for the true waves in the true medium', async () => {
    const points = randomPoints(16, 2).map(point => point.map(x => Math.fround(x / 4)));
    // A wave of wavenumber K in a medium four times as slow: m = 4 for a wavenumber K / 2.
    const withMedium: TaylorFunction = (t, x) => [...planeWave([1, 0])(t, x), t.constant(3)];
    const loss = helmholtzInversion({ wavenumber: K / 2, absorbing: perfectlyMatchedLayer(), source: null });
    const losses = loss(jetsAt(withMedium, points), { coords: tensor2d(points), targets: {} });
    expect(losses.shape).toEqual([16, 2]);
    expect(Math.max(...(await losses.data()))).toBeLessThan(1e-4);
  });
});

describe('gaussianSource', () => {
  it('has a unit integral, real and imaginary parts, and zeros away from the centre', () => {
    const side = 201;
    const coords = Float64Array.from({ length: 2 * side * side }, (_, i) => {
      const point = Math.floor(i / 2);
      return ((i % 2 === 0 ? Math.floor(point / side) : point % side) / (side - 1)) * 2 - 1;
    });
    const values = gaussianSource(coords, { centres: [[0.1, -0.2]], variance: 1e-2, amplitude: [1, -2] });
    const integral = (part: number): number =>
      values.reduce((sum, value, i) => sum + (i % 2 === part ? value : 0), 0) * (2 / (side - 1)) ** 2;
    expect(integral(0)).toBeCloseTo(1, 4);
    expect(integral(1)).toBeCloseTo(-2, 4);
    expect(values.some(value => value === 0)).toBe(true);
    expect(values.every(value => value === 0 || Math.abs(value) >= 1e-5)).toBe(true);
  });

  it('orders values by source, with the given peak', () => {
    const centres = [[0], [1]];
    const values = gaussianSource([0, 1], { centres, variance: 0.5, amplitude: [1], peak: 0.02 });
    expectCloseInNorm(values, [0.02, 0.02 * Math.exp(-1), 0.02 * Math.exp(-1), 0.02], { relative: 1e-7 });
    expect(() => gaussianSource([0, 1, 2], { centres: [[0, 0]], variance: 1 })).toThrow(
      'coords must be rows of 2 values, got 3',
    );
    expect(() => gaussianSource([0], { centres: [], variance: 1 })).toThrow('centres must be one or more points');
    expect(() => gaussianSource([0], { centres: [[0]], variance: 0 })).toThrow(RangeError);
  });
});

// Checks the test's own plane wave.
it('an outgoing wave decays in the layer', () => {
  const size = (x: number): number =>
    Math.hypot(...planeWave([1])(taylorAlgebra(1, 0), [Float64Array.of(x)]).map(v => v[0] as number));
  expect(size(0.4)).toBeCloseTo(1, 12);
  expect(size(1)).toBeCloseTo(Math.exp((-K * STRENGTH * WIDTH) / 3), 12);
});
