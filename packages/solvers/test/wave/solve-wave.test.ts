import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { StabilityError, solveWave } from '../../src/index.ts';
import { convergenceOrders, largestDifference, relativeDistance, sampled } from '../grids.ts';

const spacingOf = (size: number): [number, number] => [2 / (size - 1), 2 / (size - 1)];
const bell = (width: number) => (y: number, x: number) => Math.exp(-(x * x + y * y) / (2 * width ** 2));

describe('waves between walls', () => {
  const [p, q] = [Math.PI / 2, Math.PI];
  const mode = (y: number, x: number): number => Math.sin(p * (y + 1)) * Math.sin(q * (x + 1));

  it('a mode oscillates at the discrete frequency, up to rounding', async () => {
    const size = 21;
    const [step] = spacingOf(size);
    const { snapshots, timeStep, steps } = await solveWave(sampled(size, mode), {
      times: [0, 1],
      spacing: [step, step],
      speed: 2,
    });
    const squares = [p, q].reduce((sum, k) => sum + ((2 / step) * Math.sin((k * step) / 2)) ** 2, 0);
    const angle = 2 * Math.asin(timeStep * Math.sqrt(squares));
    expect(steps * timeStep).toBeCloseTo(1, 12);
    expect(largestDifference(snapshots.pick(0).data.slice(0, size ** 2), sampled(size, mode).data)).toBe(0);
    const last = snapshots.data.slice(size ** 2);
    expect(
      largestDifference(
        last,
        sampled(size, mode).data.map(u => u * Math.cos(angle * steps)),
      ),
    ).toBeLessThan(1e-12);
  });

  it('displacement and velocity converge with order 2, also at times between steps', async () => {
    const omega = 1.5 * Math.hypot(p, q);
    const times = [0.31, 0.77, 1.2345];
    const errors: number[] = [];
    for (const size of [17, 33, 65]) {
      const velocity = sampled(size, (y, x) => 2 * omega * mode(y, x));
      const { snapshots } = await solveWave(sampled(size, mode), {
        times,
        velocity,
        spacing: spacingOf(size),
        speed: 1.5,
      });
      const truth = times.flatMap(t => [
        ...sampled(size, (y, x) => mode(y, x) * (Math.cos(omega * t) + 2 * Math.sin(omega * t))).data,
      ]);
      errors.push(relativeDistance(snapshots.data, truth));
    }
    for (const order of convergenceOrders(errors)) expect(Math.abs(order - 2)).toBeLessThan(0.2);
  });

  it('solves the equation in a varying medium', async () => {
    // m u_tt = laplacian u for u = cos(omega t) (1 - y^2) (1 - x^2) and m = 2 / omega^2 (1 / (1 - y^2) + 1 / (1 -
    // x^2)); spatial differences are exact.
    const [size, omega] = [33, 3];
    const inside = (x: number): number => Math.max(1 - x * x, 0.01);
    const shape = sampled(size, (y, x) => (1 - y * y) * (1 - x * x));
    const squaredSlowness = sampled(size, (y, x) => (2 / omega ** 2) * (1 / inside(y) + 1 / inside(x)));
    const { snapshots, timeStep } = await solveWave(shape, {
      times: [1],
      squaredSlowness,
      spacing: spacingOf(size),
      timeStep: 0.01,
    });
    const angle = (2 / timeStep) * Math.asin((omega * timeStep) / 2);
    expect(
      largestDifference(
        snapshots.data,
        shape.data.map(u => u * Math.cos(angle)),
      ),
    ).toBeLessThan(1e-12);
  });
});

describe('waves in free space', () => {
  it("follow d'Alembert: half of the displacement travels each way, or all of it one way with a matching velocity", async () => {
    const [rows, columns] = [201, 161];
    const g = (x: number): number => Math.exp(-50 * x * x);
    const slope = (x: number): number => -100 * x * g(x);
    const spacing = [2 / (rows - 1), 2 / (columns - 1)] as const;
    const still = await solveWave(
      sampled(rows, (_, x) => g(x), columns),
      { times: [0.4], spacing },
    );
    const velocity = sampled(rows, (_, x) => -slope(x), columns);
    const moving = await solveWave(
      sampled(rows, (_, x) => g(x), columns),
      { times: [0.4], spacing, velocity },
    );
    // The middle row is 1 away from the walls, whose influence does not reach it in a time of 0.4.
    for (let j = 0; j < columns; j++) {
      const x = -1 + (2 * j) / (columns - 1);
      expect(Math.abs(still.snapshots.get(0, 100, j) - (g(x - 0.4) + g(x + 0.4)) / 2)).toBeLessThan(3e-3);
      expect(Math.abs(moving.snapshots.get(0, 100, j) - g(x - 0.4))).toBeLessThan(6e-3);
    }
  });

  it('leave through the layer as if there were no border', async () => {
    const size = 81;
    const [step] = spacingOf(size);
    const times = [1.2, 3];
    const start = sampled(size, bell(0.12));
    const absorbing = { width: 0.4 };
    const { snapshots } = await solveWave(start, { times, spacing: [step, step], absorbing });
    const walls = await solveWave(start, { times, spacing: [step, step] });
    // A domain three times as wide, whose walls reflect nothing in that time.
    const wide = await solveWave(
      ndarray(
        Float64Array.from({ length: 241 ** 2 }, (_, i) =>
          bell(0.12)((Math.floor(i / 241) - 120) * step, ((i % 241) - 120) * step),
        ),
        [241, 241],
      ),
      { times, spacing: [step, step], timeStep: (0.9 * step) / Math.SQRT2 },
    );
    for (const [n] of times.entries()) {
      let [difference, reflected] = [0, 0];
      for (let i = 16; i < 65; i++)
        for (let j = 16; j < 65; j++) {
          const truth = wide.snapshots.get(n, i + 80, j + 80);
          difference = Math.max(difference, Math.abs(snapshots.get(n, i, j) - truth));
          reflected = Math.max(reflected, Math.abs(walls.snapshots.get(n, i, j) - truth));
        }
      expect(difference).toBeLessThan(1e-4);
      if (n === 1) expect(reflected).toBeGreaterThan(1e-2);
    }
  });

  it.each([
    { width: 0.1, reflection: 1e-3 },
    { width: 0.4, reflection: 1e-8 },
    { width: 1, reflection: 1e-12 },
    { width: 0.2, reflection: 1e-15 },
  ])('stay stable for a long time with a layer of $width and $reflection', async absorbing => {
    const start = sampled(31, bell(0.15));
    const { snapshots } = await solveWave(start, { times: [100], spacing: spacingOf(31), absorbing });
    expect(Math.max(...snapshots.data.map(Math.abs))).toBeLessThan(1e-3);
  });
});

it('rejects time steps that are too large, and names the largest stable one', async () => {
  const start = sampled(11, bell(0.2));
  const error: unknown = await solveWave(start, { times: [1], spacing: [0.2, 0.2], speed: 2, timeStep: 0.1 }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(StabilityError);
  expect(error).toMatchObject({ timeStep: 0.1, maxTimeStep: expect.closeTo(0.1 / Math.SQRT2, 12) });
  const { timeStep } = await solveWave(start, { times: [1], spacing: [0.2, 0.2], speed: 2, timeStep: 0.07 });
  expect(timeStep).toBeLessThanOrEqual(0.07);
});

it('reports progress up to 1, and rejects with the reason of its signal', async () => {
  const start = sampled(101, bell(0.2));
  const seen: number[] = [];
  const reason = new Error('enough');
  await solveWave(start, { times: [2], spacing: spacingOf(101), onProgress: done => seen.push(done) });
  expect(seen.at(-1)).toBe(1);
  const controller = new AbortController();
  const stopped = solveWave(start, {
    times: [1e6],
    spacing: spacingOf(101),
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await expect(stopped).rejects.toBe(reason);
});

it('rejects wrong arguments', async () => {
  const start = sampled(9, bell(0.2));
  const options = { times: [1], spacing: [0.25, 0.25] } as const;
  const refused = (change: object, array = start): Promise<unknown> => solveWave(array, { ...options, ...change });
  await expect(
    refused(
      {},
      sampled(9, () => [1]),
    ),
  ).rejects.toThrow('must be [rows, columns] with 3 or more of each, got [9, 9, 1]');
  await expect(refused({ times: [] })).rejects.toThrow('at least one time is needed, got none');
  await expect(refused({ times: [1, 0.5] })).rejects.toThrow(
    'times must be finite, increasing and at least 0, got [1, 0.5]',
  );
  await expect(refused({ times: [-1] })).rejects.toThrow(RangeError);
  await expect(refused({ speed: 0 })).rejects.toThrow('speed must be a positive number, got 0');
  await expect(refused({ velocity: sampled(8, () => 1) })).rejects.toThrow('the velocity must be [9, 9], got [8, 8]');
  await expect(refused({ squaredSlowness: sampled(9, () => 0) })).rejects.toThrow(
    'the squared slowness must be positive everywhere',
  );
  await expect(refused({ absorbing: { width: 3 } })).rejects.toThrow(
    "width must be at most half of the grid's extent 2, got 3",
  );
  await expect(refused({ absorbing: { width: 0.5, reflection: 1 } })).rejects.toThrow(
    'reflection must be in (0, 1), got 1',
  );
});
