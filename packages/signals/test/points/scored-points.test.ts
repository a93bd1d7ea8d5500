import { createRng, type FitStep, type PointBatch, type PointSource } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { type EvosCrossover, evos } from '../../src/points/evos.ts';
import { importanceSampling } from '../../src/points/importance-sampling.ts';
import { squaredLaplacian } from '../../src/points/laplacian-error.ts';
import { pixels } from '../../src/points/pixels.ts';

const SIZE = 60;
/** The value of a pixel is its index. */
const points = pixels(
  ndarray(
    Float32Array.from({ length: SIZE }, (_, i) => i),
    [6, 10, 1],
  ),
  { valueScale: [0, 1], range: [0, 1] },
);

const indicesOf = ({ targets }: PointBatch): number[] => [...targets!['value']!];

/** The passes and draws of one step, as a fit does them. The loss of a pixel is given by its index and the step. */
const takeStep = (
  source: PointSource,
  at: FitStep,
  { lossOf, chunk = 64 }: { readonly lossOf: (index: number, step: number) => number; readonly chunk?: number },
): { readonly drawn: number[]; readonly scored: boolean; readonly weights: number[] } => {
  const { scoring, pointsPerStep } = source;
  const scored = scoring!.due(at);
  for (let start = 0; scored && start < scoring!.size; start += chunk) {
    const batch = scoring!.draw(start, Math.min(chunk, scoring!.size - start), at);
    scoring!.take(
      Float32Array.from(indicesOf(batch), index => lossOf(index, at.step)),
      start,
      at,
    );
  }
  const [drawn, weights]: [number[], number[]] = [[], []];
  const rng = createRng(5).fork(at.step);
  for (let start = 0; start < pointsPerStep; start += chunk) {
    const batch = source.draw(start, Math.min(chunk, pointsPerStep - start), rng, at);
    drawn.push(...indicesOf(batch));
    weights.push(...(batch.targets!['weight'] ?? []));
  }
  return { drawn, scored, weights };
};

const sources = {
  evos: () => evos(points, { every: [4, 2] }),
  importanceSampling: () => importanceSampling(points, { count: 25, every: [4, 2] }),
};

describe.each(Object.entries(sources))('%s', (_, create) => {
  const lossOf = (index: number, step: number): number => Math.abs(Math.sin(index * step + 1));

  test('scores all points before step 1, and then in intervals that fall linearly', () => {
    const source = create();
    const scored = Array.from({ length: 20 }, (_, i) => i + 1).filter(
      step => takeStep(source, { step, steps: 20 }, { lossOf }).scored,
    );
    expect(scored).toEqual([1, 5, 8, 11, 14, 16, 18, 20]);
  });

  test('continues from the state of any step with the same points, in chunks of any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 70 }), (kept, chunk) => {
        const whole = create();
        let state = new Float32Array(0);
        const drawn: number[][] = [];
        for (let step = 1; step <= 20; step++) {
          drawn.push(takeStep(whole, { step, steps: 20 }, { lossOf }).drawn);
          if (step === kept) state = Float32Array.from(whole.state!.read());
        }
        const resumed = create();
        resumed.state!.restore(state);
        for (let step = kept + 1; step <= 20; step++)
          expect(takeStep(resumed, { step, steps: 20 }, { lossOf, chunk }).drawn).toEqual(drawn[step - 1]);
        expect(resumed.state!.read()).toEqual(whole.state!.read());
      }),
      { numRuns: 30 },
    );
  });

  test('has a state of finite numbers that a pass which is cut off does not change', () => {
    const source = create();
    takeStep(source, { step: 1, steps: 9 }, { lossOf: index => (index === 7 ? Number.NaN : 1) });
    const state = source.state!.read();
    expect(state.every(Number.isFinite)).toBe(true);
    const before = state.slice();
    source.scoring!.take(new Float32Array(10).fill(9), 0, { step: 5, steps: 9 });
    expect(source.state!.read()).toEqual(before);
    expect(state).toEqual(before);
    expect(() => source.state!.restore(new Float32Array(3))).toThrow('the state must have 62 values, got 3');
  });

  test('checks the intervals', () => {
    expect(() => evos(points, { every: [0, 5] })).toThrow('evos: every must be two positive integers, got [0, 5]');
    expect(() => importanceSampling(points, { count: 1, every: [1.5, 1] })).toThrow('got [1.5, 1]');
  });
});

describe('squaredLaplacian', () => {
  test('is the sum of second differences, mean over channels', () => {
    // x^2 and 3 y of [y, x]: second differences 2 and 0 inside; at the edges first differences.
    const error = Float32Array.from({ length: 24 }, (_, i) => {
      const [pixel, channel] = [i >> 1, i & 1];
      return channel ? 3 * Math.floor(pixel / 4) : (pixel % 4) ** 2;
    });
    const [inner, top] = [4, (4 + 9) / 2].map((value, i) => (i === 0 ? value / 2 : value));
    const found = squaredLaplacian(error, [3, 4]);
    expect([found[5], found[6], found[1]]).toEqual([inner, inner, top]);
    // Left: 1 along x; right: -5.
    expect([found[4], found[7]]).toEqual([1 / 2, 25 / 2]);
  });

  test.each([[[7]], [[3, 4]], [[2, 3, 4]]])('agrees with a direct sum on a grid of %j', shape => {
    const rng = createRng(3);
    const size = shape.reduce((product, length) => product * length, 1);
    const error = Float32Array.from({ length: size }, () => rng.normal());
    const indexOf = (place: readonly number[]): number =>
      place.reduce((sum, position, axis) => sum * shape[axis]! + position, 0);
    const found = squaredLaplacian(error, shape);
    for (let i = 0; i < size; i++) {
      let rest = i;
      const place = [...shape]
        .reverse()
        .map(length => {
          const position = rest % length;
          rest = Math.floor(rest / length);
          return position;
        })
        .reverse();
      let laplacian = 0;
      for (const axis of shape.keys())
        for (const move of [-1, 1]) {
          const moved = place.with(axis, Math.min(shape[axis]! - 1, Math.max(0, place[axis]! + move)));
          laplacian += error[indexOf(moved)]! - error[i]!;
        }
      expect(found[i]).toBeCloseTo(laplacian ** 2, 4);
    }
  });
});

describe('evos', () => {
  test('takes the largest losses, and distinct others that change from step to step', () => {
    const source = evos(points, { ratio: 0.5, survivors: 0.4, every: [100, 100] });
    const lossOf = (index: number): number => (index * 37) % 61;
    const largest = Array.from({ length: SIZE }, (_, i) => i)
      .sort((a, b) => lossOf(b) - lossOf(a))
      .slice(0, 12);
    const steps = [1, 2].map(step => takeStep(source, { step, steps: 10 }, { lossOf }).drawn);
    for (const drawn of steps) {
      expect(drawn.slice(0, 12)).toEqual(largest);
      expect(new Set(drawn).size).toBe(30);
    }
    expect(steps[0]!.slice(12)).not.toEqual(steps[1]!.slice(12));
  });

  test('reaches every other point in time, each as often', () => {
    const source = evos(points, { survivors: 0.5, every: [10_000, 10_000] });
    const counts = new Array<number>(SIZE).fill(0);
    for (let step = 1; step <= 600; step++)
      for (const index of takeStep(source, { step, steps: 600 }, { lossOf: index => index }).drawn) counts[index]!++;
    expect(counts.slice(45)).toEqual(new Array(15).fill(600));
    // 45 others, 15 of them a step: 200 expected each; five standard deviations of a binomial are 58.
    for (const count of counts.slice(0, 45)) expect(Math.abs(count - 200)).toBeLessThan(58);
  });

  test('counts the error of the Laplacian until a share of the steps', () => {
    // A large error that is the same everywhere, and a small one that alternates in the last four rows of six.
    const field = (index: number): number => index + (index < 20 ? 0.5 : index % 2 ? 0.1 : -0.1);
    const lossOf = (index: number): number => (field(index) - index) ** 2;
    const fittestAt = (weight: number, step: number): number[] => {
      const source = evos(points, { survivors: 0.5, every: [1, 1], crossover: { shape: [6, 10], weight, until: 0.5 } });
      const at = { step, steps: 10 };
      const { scoring } = source;
      for (let start = 0; start < SIZE; start += 7) {
        const indices = indicesOf(scoring!.draw(start, Math.min(7, SIZE - start), at));
        const values = scoring!.needsValues!(at) ? Float32Array.from(indices, field) : undefined;
        scoring!.take(Float32Array.from(indices, lossOf), start, at, values);
      }
      return indicesOf(source.draw(0, 15, createRng(1), at)).sort((a, b) => a - b);
    };
    const first = Array.from({ length: 15 }, (_, i) => i);
    expect(fittestAt(0, 1)).toEqual(first);
    // 16 times 0.1^2 inside of the rows that alternate: 10 x 0.16 exceeds 0.25.
    expect(Math.min(...fittestAt(10, 5))).toBeGreaterThanOrEqual(10);
    expect(fittestAt(10, 6)).toEqual(first);
  });

  test('refuses a crossover that does not fit', () => {
    const attempt = (crossover: object) => () => evos(points, { crossover: crossover as EvosCrossover });
    expect(attempt({ shape: [6, 9], weight: 1 })).toThrow(
      'evos: crossover.shape must be a grid of 60 points, got [6, 9]',
    );
    expect(attempt({ shape: [60], weight: -1 })).toThrow(
      'evos: crossover.weight must be a number of at least 0, got -1',
    );
    expect(attempt({ shape: [60], weight: 1, until: 0 })).toThrow('evos: crossover.until must be in (0, 1], got 0');
    const source = evos(points, { crossover: { shape: [60], weight: 1 } });
    const take = () => source.scoring!.take(new Float32Array(60), 0, { step: 1, steps: 2 }, new Float32Array(120));
    expect(take).toThrow("crossover needs the target 'value' of the field's width, got 60 values for 120");
  });

  test('has all points where the ratio is 1', () => {
    const { drawn } = takeStep(evos(points, { ratio: 1 }), { step: 1, steps: 1 }, { lossOf: () => 1 });
    expect(drawn.sort((a, b) => a - b)).toEqual(Array.from({ length: SIZE }, (_, i) => i));
  });

  test('errors', () => {
    expect(() => evos(points, { ratio: 0 })).toThrow('evos: ratio must be in (0, 1], got 0');
    expect(() => evos(points, { survivors: 1.1 })).toThrow('evos: survivors must be in [0, 1], got 1.1');
    expect(() => evos(points, { rate: 1 } as never)).toThrow('rate');
  });
});

describe('importanceSampling', () => {
  const lossOf = (index: number): number => (index < 30 ? 1 : 9);

  test('draws by the root of the loss, mixed with uniform points', () => {
    const source = importanceSampling(points, { count: 20_000, uniform: 0.2 });
    const { drawn } = takeStep(source, { step: 1, steps: 1 }, { lossOf, chunk: 20_000 });
    // Roots 1 and 3 on half of the points each: 3/4 of 0.8, and half of 0.2.
    const share = drawn.filter(index => index >= 30).length / 20_000;
    expect(Math.abs(share - 0.7)).toBeLessThan(5 * Math.sqrt((0.7 * 0.3) / 20_000));
  });

  test.each([0, 0.5, 1])('weights points by (N q)^-softness: %s', softness => {
    const source = importanceSampling(points, { count: 50, uniform: 0.2, softness });
    const { drawn, weights } = takeStep(source, { step: 1, steps: 1 }, { lossOf });
    // N q = 60 x 0.3 / 30 and 60 x 0.7 / 30
    for (const [i, index] of drawn.entries()) expect(weights[i]).toBeCloseTo((index < 30 ? 0.6 : 1.4) ** -softness, 5);
  });

  test('has an unbiased mean where softness is 1', () => {
    const source = importanceSampling(points, { count: 40_000, softness: 1 });
    const { drawn, weights } = takeStep(source, { step: 1, steps: 1 }, { lossOf, chunk: 40_000 });
    const estimates = drawn.map((index, i) => lossOf(index) * weights[i]!);
    const mean = estimates.reduce((sum, value) => sum + value, 0) / estimates.length;
    const variance = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0) / estimates.length;
    expect(Math.abs(mean - 5)).toBeLessThan(5 * Math.sqrt(variance / estimates.length));
  });

  test('is uniform with weights of 1 where all losses are equal', () => {
    const { drawn, weights } = takeStep(
      importanceSampling(points, { count: 12_000 }),
      { step: 1, steps: 1 },
      { lossOf: () => 0, chunk: 12_000 },
    );
    for (const weight of weights) expect(weight).toBeCloseTo(1, 6);
    const counts = new Array<number>(SIZE).fill(0);
    for (const index of drawn) counts[index]!++;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquared).toBeLessThan(99.6); // 59 degrees of freedom, 1 in 1000
  });

  test('errors', () => {
    expect(() => importanceSampling(points, { count: 0 })).toThrow(
      'importanceSampling: count must be a positive integer, got 0',
    );
    expect(() => importanceSampling(points, { count: 1, softness: -1 })).toThrow('softness must be in [0, 1], got -1');
    expect(() => importanceSampling(points, { count: 1, uniform: 0 })).toThrow('uniform must be in (0, 1], got 0');
    const weighted = pixels(ndarray(new Float32Array(4), [2, 2, 1]), {
      targets: { weight: ndarray(new Float32Array(4), [2, 2, 1]) },
    });
    expect(() => importanceSampling(weighted, { count: 1 }).draw(0, 1, createRng(1), { step: 1, steps: 1 })).toThrow(
      "already have a target 'weight'",
    );
  });
});
