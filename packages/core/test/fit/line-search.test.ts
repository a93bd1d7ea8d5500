import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchLine, type Trial } from '../../src/fit/line-search.ts';

const options = { first: 1, sufficientDecrease: 1e-4, curvature: 0.9, maxTrials: 25, shortest: 1e-12 };

/** A function of the length with its derivative. */
type Line = (length: number) => readonly [loss: number, derivative: number];

const at = (line: Line, length: number): Trial => {
  const [loss, derivative] = line(length);
  return { length, loss, derivative };
};

const search = async (
  line: Line,
  changes: Partial<typeof options> = {},
): Promise<{ found?: Trial; tried: number[] }> => {
  const tried: number[] = [];
  const evaluate = (length: number): Promise<Trial> => {
    tried.push(length);
    return Promise.resolve(at(line, length));
  };
  const found = await searchLine(at(line, 0), evaluate, { ...options, ...changes });
  return { ...(found && { found }), tried };
};

const satisfiesWolfe = (line: Line, { length, loss, derivative }: Trial, curvature = options.curvature): boolean => {
  const start = at(line, 0);
  return (
    loss <= start.loss + options.sufficientDecrease * length * start.derivative + 2 ** -23 * Math.abs(start.loss) &&
    Math.abs(derivative) <= -curvature * start.derivative
  );
};

describe('searchLine', () => {
  it('accepts the first length if it satisfies the conditions', async () => {
    const { found, tried } = await search(t => [(t - 1) ** 2, 2 * (t - 1)]);
    expect(found).toEqual({ length: 1, loss: 0, derivative: 0 });
    expect(tried).toEqual([1]);
  });

  it('finds the minimum of a cubic with the second trial: the interpolation is exact', async () => {
    // (t^3 - 3 t) has its minimum at 1; the first length is far beyond it.
    const { found, tried } = await search(t => [t ** 3 - 3 * t, 3 * t ** 2 - 3], { first: 3 });
    expect(tried).toHaveLength(2);
    expect(found?.length).toBeCloseTo(1, 12);
  });

  it('satisfies the strong Wolfe conditions on functions of several wells, from any first length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          scale: fc.double({ min: -3, max: 3, noNaN: true }),
          waves: fc.double({ min: 0, max: 0.4, noNaN: true }),
          frequency: fc.double({ min: 1, max: 9, noNaN: true }),
          first: fc.double({ min: -3, max: 2, noNaN: true }),
          curvature: fc.constantFrom(0.1, 0.9),
        }),
        async ({ scale, waves, frequency, first, curvature }) => {
          const size = 10 ** scale;
          // A parabola with its minimum at `size`, plus waves, with a negative derivative at 0.
          const line: Line = t => {
            const u = t / size;
            return [
              (u - 1) ** 2 + (waves * (1 - Math.cos(frequency * u))) / frequency,
              (2 * (u - 1) + waves * Math.sin(frequency * u)) / size,
            ];
          };
          const { found, tried } = await search(line, { first: 10 ** first, curvature });
          expect(found && satisfiesWolfe(line, found, curvature)).toBe(true);
          expect(tried.length).toBeLessThanOrEqual(options.maxTrials);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('backs off from lengths where the loss is not finite', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const line: Line = t => (t > 1e-3 ? [bad, bad] : [-t, -1 + 900 * t]);
      const { found } = await search(line);
      expect(found && satisfiesWolfe(line, found)).toBe(true);
    }
  });

  it('extrapolates while the function decreases', async () => {
    const line: Line = t => [(t / 500 - 1) ** 2, (2 * (t / 500 - 1)) / 500];
    const { found, tried } = await search(line, { curvature: 0.1 });
    expect(found && satisfiesWolfe(line, found, 0.1)).toBe(true);
    expect(tried.length).toBeLessThan(8);
  });

  it('returns the best trial at the limit, and undefined if no trial is better than the start', async () => {
    const falls: Line = t => [-t, -1];
    expect((await search(falls, { maxTrials: 3 })).found?.length).toBeGreaterThan(1);
    // The derivative is wrong: the function increases.
    const { found, tried } = await search(t => [1 + t, -1]);
    expect(found).toBeUndefined();
    expect(tried.length).toBeLessThanOrEqual(options.maxTrials);
  });

  it('does not divide a bracket that is too short to matter', async () => {
    const { tried } = await search(t => [1 + t, -1], { shortest: 0.05 });
    expect(tried.length).toBeLessThan(6);
  });
});
