import { createRng } from '@neural-fields/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComplexVector, complexNorm, complexZeros } from '../../src/sparse/complex-vector.ts';
import { dissect } from '../../src/sparse/dissection.ts';
import { factorGrid, factorSize } from '../../src/sparse/factor.ts';
import { type GridSystem, systemResidual } from '../../src/sparse/grid-system.ts';

const noise = (length: number, seed: number): ComplexVector => {
  const rng = createRng(seed);
  const draw = (): Float64Array => Float64Array.from({ length }, () => 2 * rng.uniform() - 1);
  return { real: draw(), imaginary: draw() };
};

const randomSystem = (rows: number, columns: number, seed: number): GridSystem => {
  const diagonal = noise(rows * columns, seed);
  // Diagonally dominant along one direction of the complex plane, so far from singular.
  for (let i = 0; i < diagonal.real.length; i++) diagonal.imaginary[i]! += 6;
  return { rows, columns, diagonal, right: noise(rows * columns, seed + 1), down: noise(rows * columns, seed + 2) };
};

const copy = ({ real, imaginary }: ComplexVector): ComplexVector => ({
  real: real.slice(),
  imaginary: imaginary.slice(),
});

const sizes = fc.integer({ min: 1, max: 30 });

describe('dissect', () => {
  it('eliminates every point once, with all the points that it is still coupled with', () => {
    fc.assert(
      fc.property(sizes, sizes, (rows, columns) => {
        const eliminated = new Set<number>();
        const open: number[][] = [];
        for (const { pivots, border, children } of dissect(rows, columns)) {
          const inFront = new Set([...pivots, ...border]);
          for (const point of pivots) {
            expect(eliminated.has(point)).toBe(false);
            eliminated.add(point);
          }
          expect([...border].some(point => eliminated.has(point))).toBe(false);
          // Neighbours that are not eliminated yet, and the borders of the children, are in the front.
          const [, ...near] = [0, -columns, columns];
          for (const point of pivots) {
            const beside = [
              ...(point % columns > 0 ? [point - 1] : []),
              ...((point + 1) % columns > 0 ? [point + 1] : []),
            ];
            const neighbours = [...near.map(step => point + step), ...beside].filter(
              at => at >= 0 && at < rows * columns,
            );
            for (const neighbour of neighbours) expect(eliminated.has(neighbour) || inFront.has(neighbour)).toBe(true);
          }
          for (const left of open.splice(open.length - children, children))
            for (const point of left) expect(inFront.has(point)).toBe(true);
          open.push([...border]);
        }
        expect(eliminated.size).toBe(rows * columns);
        expect(open).toEqual([[]]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('factorGrid', () => {
  it('solves a system of any size', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.integer({ min: 0, max: 1000 }), async (rows, columns, seed) => {
        const system = randomSystem(rows, columns, seed);
        const b = noise(rows * columns, seed + 3);
        const x = copy(b);
        (await factorGrid(system)).solve(x);
        expect(complexNorm(systemResidual(system, x, b))).toBeLessThan(1e-11 * complexNorm(b));
      }),
      { numRuns: 30 },
    );
  });

  it('has the residual of the dense product', () => {
    const system = randomSystem(2, 2, 1);
    const { diagonal: d, right: r, down: c } = system;
    const x: ComplexVector = { real: Float64Array.of(1, 2, 3, 4), imaginary: new Float64Array(4) };
    const { real } = systemResidual(system, x, complexZeros(4));
    const dense = [
      [d.real[0]!, r.real[0]!, c.real[0]!, 0],
      [r.real[0]!, d.real[1]!, 0, c.real[1]!],
      [c.real[0]!, 0, d.real[2]!, r.real[2]!],
      [0, c.real[1]!, r.real[2]!, d.real[3]!],
    ];
    for (const [i, row] of dense.entries())
      expect(real[i]).toBeCloseTo(-row.reduce((sum, a, j) => sum + a * x.real[j]!, 0), 12);
  });

  it('reports progress up to 1, and rejects with the reason of its signal', async () => {
    const seen: number[] = [];
    await factorGrid(randomSystem(60, 60, 1), { onProgress: done => seen.push(done) });
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const reason = new Error('enough');
    await expect(factorGrid(randomSystem(4, 4, 1), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const stopped = factorGrid(randomSystem(60, 60, 1), {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(stopped).rejects.toBe(reason);
  });

  it('needs O(n^2 log n) memory', () => {
    expect(factorSize(1, 1).factorBytes).toBe(16);
    // Twice as many points along each side need a little more than four times the memory.
    const ratio = factorSize(510, 510).factorBytes / factorSize(254, 254).factorBytes;
    expect(ratio).toBeGreaterThan(4);
    expect(ratio).toBeLessThan(5.5);
  });
});
