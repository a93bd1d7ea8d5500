import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { ConvergenceError, solveHelmholtz } from '../../src/index.ts';
import { convergenceOrders, largestDifference, relativeDistance, sampled } from '../grids.ts';

const absorbing = { strength: 5, width: 0.5, bound: 1 };

/**
 * J_0 and Y_0 by their power series: in float64 they are accurate to 12 digits for arguments up to 10. Abramowitz and
 * Stegun 1964, 9.1.12 and 9.1.13.
 */
const bessel = (x: number): { j: number; y: number } => {
  const gamma = 0.5772156649015329;
  let [term, j, rest, harmonic] = [1, 1, 0, 0];
  for (let m = 1; m < 60; m++) {
    term *= -((x / 2) ** 2) / m ** 2;
    harmonic += 1 / m;
    j += term;
    rest -= harmonic * term;
  }
  return { j, y: (2 / Math.PI) * ((Math.log(x / 2) + gamma) * j + rest) };
};

it('the Bessel functions of this test agree with tables', () => {
  // Abramowitz and Stegun 1964, table 9.1.
  expect(bessel(1)).toEqual({ j: expect.closeTo(0.7651976866, 10), y: expect.closeTo(0.0882569642, 10) });
  expect(bessel(5)).toEqual({ j: expect.closeTo(-0.1775967713, 10), y: expect.closeTo(-0.308517625, 9) });
});

describe('an outgoing wave in free space', () => {
  // The layer itself reflects exp(-2 k a_0 L / 3) = 6e-8 of the wave.
  const [wavenumber, variance] = [10, 0.05 ** 2];
  const inner = (x: number): boolean => Math.abs(x) <= 0.5;

  /**
   * With laplacian u + k^2 u = delta and the time dependence exp(i omega t), u = (i / 4) H_0^(2)(k r) = (Y_0 + i J_0) /
   * 4. Away from a Gaussian of unit integral it is exp(-k^2 variance / 2) times that.
   */
  const truth = (y: number, x: number): readonly [number, number] => {
    const r = Math.hypot(x, y);
    if (!(r > 0.35 && inner(x) && inner(y))) return [0, 0];
    const { j, y: second } = bessel(wavenumber * r);
    const size = Math.exp((-(wavenumber ** 2) * variance) / 2) / 4;
    return [size * second, size * j];
  };

  const solve = async (size: number, order: 2 | 4) => {
    const source = sampled(size, (y, x) => [Math.exp(-(x * x + y * y) / (2 * variance)) / (2 * Math.PI * variance), 0]);
    return solveHelmholtz(source, { wavenumber, absorbing, order });
  };

  it.each([
    { order: 2, within: 3e-2 },
    { order: 4, within: 3e-4 },
  ] as const)('is the Hankel function, with order $order', async ({ order, within }) => {
    const errors: number[] = [];
    for (const size of [49, 97, 145]) {
      const { waves, residual } = await solve(size, order);
      const exact = sampled(size, truth).data;
      errors.push(relativeDistance(waves.data, exact, i => exact[i] !== 0));
      expect(residual).toBeLessThan(1e-9);
    }
    expect(Math.abs(Math.log(errors[0]! / errors[2]!) / Math.log(3) - order)).toBeLessThan(0.25);
    expect(errors.at(-1)).toBeLessThan(within);
  });

  // Through the layer it falls to exp(-k a_0 L / 3) = 2.4e-4 of its size, and to 0 at the border, one point further.
  it('decays in the layer, equally with both orders', async () => {
    const distances: number[] = [];
    for (const size of [65, 129]) {
      const [second, fourth] = [await solve(size, 2), await solve(size, 4)];
      distances.push(relativeDistance(second.waves.data, fourth.waves.data));
      const edge = Math.hypot(fourth.waves.get(1, (size - 1) / 2, 0), fourth.waves.get(1, (size - 1) / 2, 1));
      const middle = Math.hypot(
        fourth.waves.get((size - 1) / 4, (size - 1) / 2, 0),
        fourth.waves.get((size - 1) / 4, (size - 1) / 2, 1),
      );
      expect(edge).toBeLessThan(1e-3 * middle);
    }
    expect(convergenceOrders(distances)[0]).toBeGreaterThan(1.7);
  });
});

describe('a standing wave between walls, in a medium that varies', () => {
  const wavenumber = 3;
  const [p, q] = [(2 * Math.PI) / 2, (3 * Math.PI) / 2];
  const medium = (y: number, x: number): number => 1.5 + Math.sin(2 * x) * Math.cos(y);
  const wave = (y: number, x: number): number => Math.sin(p * (y + 1)) * Math.sin(q * (x + 1));

  it.each([{ order: 2 }, { order: 4 }] as const)('converges with order $order', async ({ order }) => {
    const errors: number[] = [];
    for (const size of [33, 65, 129]) {
      const truth = sampled(size, (y, x) => [wave(y, x), -2 * wave(y, x)]);
      const source = sampled(size, (y, x) => {
        const s = (wavenumber ** 2 * medium(y, x) - p ** 2 - q ** 2) * wave(y, x);
        return [s, -2 * s];
      });
      const solution = await solveHelmholtz(source, {
        wavenumber,
        absorbing: null,
        squaredSlowness: sampled(size, medium),
        order,
      });
      errors.push(relativeDistance(solution.waves.data, truth.data));
    }
    // Differences next to the walls are of lower order and their errors decrease faster, so the observed order
    // approaches the nominal one from above.
    expect(convergenceOrders(errors).at(-1)).toBeGreaterThan(order - 0.1);
  });
});

it('solves for several sources at once, on grids that are not square', async () => {
  const at = (cy: number, cx: number) => (y: number, x: number) => Math.exp(-40 * ((y - cy) ** 2 + (x - cx) ** 2));
  const [a, b] = [at(0.1, -0.2), at(-0.3, 0.2)];
  const options = { wavenumber: 6, absorbing } as const;
  const one = await solveHelmholtz(
    sampled(40, (y, x) => [a(y, x), 0], 31),
    options,
  );
  const two = await solveHelmholtz(
    sampled(40, (y, x) => [0, b(y, x)], 31),
    options,
  );
  const both = await solveHelmholtz(
    sampled(40, (y, x) => [a(y, x), 0, 0, b(y, x)], 31),
    options,
  );
  expect(both.waves.shape).toEqual([40, 31, 4]);
  const wave = (first: number): Float64Array =>
    both.waves.data.filter((_, i) => i % 4 === first || i % 4 === first + 1);
  expect(largestDifference(wave(0), one.waves.data)).toBe(0);
  expect(largestDifference(wave(2), two.waves.data)).toBe(0);
  expect(both.residual).toBe(Math.max(one.residual, two.residual));
  expect((await solveHelmholtz(ndarray(new Float64Array(50), [5, 5, 2]), options)).waves.data).toEqual(
    new Float64Array(50),
  );
});

it('rejects wrong arguments, and throws when the residual does not decrease', async () => {
  const options = { wavenumber: 6, absorbing } as const;
  const source = sampled(9, () => [1, 0]);
  const refused = (change: object, array = source): Promise<unknown> =>
    solveHelmholtz(array, { ...options, ...change });
  await expect(
    refused(
      {},
      sampled(9, () => [1]),
    ),
  ).rejects.toThrow('must be [rows, columns, 2 waves] with 5 or more rows and columns, got [9, 9, 1]');
  await expect(refused({ wavenumber: -1 })).rejects.toThrow(
    'solveHelmholtz: wavenumber must be a positive number, got -1',
  );
  await expect(refused({ absorbing: { ...absorbing, width: 2 } })).rejects.toThrow(
    'width must be at most the bound 1, got 2',
  );
  await expect(refused({ bound: 2 })).rejects.toThrow('bound must be that of the absorbing layer, 1, got 2');
  await expect(refused({ squaredSlowness: sampled(8, () => 1) })).rejects.toThrow(
    'the squared slowness must be [9, 9], got [8, 8]',
  );
  await expect(refused({ squaredSlowness: sampled(9, () => -1) })).rejects.toThrow(
    'must be positive everywhere, got -1 at element 0',
  );
  await expect(refused({ maxBytes: 1000 })).rejects.toThrow(/maxBytes must be at least \d+ for 9 x 9 points, got 1000/);
  await expect(refused({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  // Three points per wavelength.
  const error: unknown = await refused({ absorbing: null, wavenumber: 8 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ConvergenceError);
  expect(error).toMatchObject({ tolerance: 1e-9, message: expect.stringContaining('use a finer grid, order 2') });
});
