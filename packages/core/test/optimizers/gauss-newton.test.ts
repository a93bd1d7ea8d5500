import '@tensorflow/tfjs-backend-cpu';
import { memory, mul, setBackend, square, sub, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createCurvature } from '../../src/curvature.ts';
import { squared } from '../../src/elementwise.ts';
import {
  createField,
  type Field,
  type FieldSpec,
  type FitOptions,
  type FitProgress,
  fit,
  lbfgs,
  type PointSource,
  parseSpec,
  pointwiseLoss,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { solveConjugateGradients } from '../../src/optimizers/conjugate-gradients.ts';
import { gaussNewton } from '../../src/optimizers.ts';

beforeAll(() => setBackend('cpu'));

const run = async (field: Field, terms: readonly Term[], options: FitOptions): Promise<FitProgress[]> => {
  const reports: FitProgress[] = [];
  for await (const progress of fit(field, terms, options)) reports.push(progress);
  return reports;
};

const count = 30;
const x = Float32Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1));
const lineOf = (value: (at: number) => number): PointSource => ({
  inFeatures: 1,
  pointsPerStep: count,
  fixed: true,
  draw: (start, length) => {
    const coords = x.slice(start, start + length);
    return { coords, targets: { value: coords.map(value) } };
  },
});
const mse = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const curve = term({ points: lineOf(at => Math.sin(3 * at)), loss: mse });
const small = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });

const valuesOf = async (field: Field): Promise<number[]> => [
  ...(await field.layout.join(field.layout.pick(field.parameters)).data()),
];

/** Solves A x = b by elimination with pivots, in float64. */
const solve = (a: readonly (readonly number[])[], b: readonly number[]): number[] => {
  const rows = a.map((row, i) => [...row, b[i] as number]);
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    const pivot = rows.slice(k).reduce((best, row) => (Math.abs(row[k]!) > Math.abs(best[k]!) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(k, 0, pivot);
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / pivot[k]!;
      for (let j = k; j <= n; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let k = n - 1; k >= 0; k--) {
    const known = solution.reduce((total, value, j) => total + (j > k ? rows[k]![j]! * value : 0), 0);
    solution[k] = (rows[k]![n]! - known) / rows[k]![k]!;
  }
  return solution;
};

describe('gaussNewton', () => {
  it('takes the step of the damped system, solved densely', async () => {
    const field = createField(small, { seed: 3 });
    const before = await valuesOf(field);
    const curvature = createCurvature(field, [curve]);
    const vector = async (tensor: Tensor1D): Promise<number[]> => [...(await tensor.data())];
    const columns = await Promise.all(
      before.map((_, i) => vector(curvature.gaussNewton(tensor1d(before.map((__, j) => (i === j ? 1 : 0)))))),
    );
    const gradient = await vector(curvature.gradient());
    curvature.dispose();
    const dot = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((total, value, i) => total + value * (b[i] as number), 0);
    const image = columns.map(column => dot(column, gradient));
    const lambda = (0.1 * dot(gradient, image)) / dot(gradient, gradient);
    const damped = columns.map((column, i) => column.map((value, j) => value + (i === j ? lambda : 0)));
    const step = solve(
      damped,
      gradient.map(value => -value),
    );
    const optimizer = gaussNewton({ damping: 0.1, tolerance: 1e-6, maxTrials: 1 });
    const [first] = await run(field, [curve], { steps: 1, optimizer });
    expect(first?.evaluations).toBe(2);
    const after = await valuesOf(field);
    expect(Math.max(...step.map(Math.abs))).toBeGreaterThan(1e-2);
    for (const [i, value] of after.entries()) expect(value).toBeCloseTo((before[i] as number) + (step[i] as number), 4);
    field.dispose();
  });

  it('finds the least squares solution of a linear field', async () => {
    const layers = [
      {
        kind: 'dense',
        outFeatures: 1,
        activation: { kind: 'identity' },
        weightInitialiser: { kind: 'pytorch-linear' },
        biasInitialiser: { kind: 'zeros' },
      },
    ];
    const field = createField(parseSpec({ inFeatures: 1, layers } as FieldSpec), { seed: 1 });
    const line = term({ points: lineOf(at => Math.exp(at)), loss: mse });
    await run(field, [line], { steps: 4, optimizer: gaussNewton() });
    const sums = [0, 1, 2].map(power => x.reduce((total, at) => total + at ** power, 0)) as [number, number, number];
    const moments = [1, 0].map(power => x.reduce((total, at) => total + Math.exp(at) * at ** power, 0));
    const solution = solve(
      [
        [sums[2], sums[1]],
        [sums[1], sums[0]],
      ],
      moments,
    );
    for (const [i, value] of (await valuesOf(field)).entries()) expect(value).toBeCloseTo(solution[i] as number, 5);
    field.dispose();
  });

  it('solves a differential equation in fewer steps than L-BFGS, and leaks no tensors', async () => {
    // u'' = -9 sin(3 x), with u given at all points of a coarse line.
    const equation = term({
      name: 'equation',
      points: lineOf(at => -9 * Math.sin(3 * at)),
      derivatives: { laplacian: true },
      weight: 1e-2,
      loss: pointwiseLoss({ errors: [{ of: 'laplacian', target: 'value' }], penalty: squared }),
    });
    const lossAfter = async (options: FitOptions): Promise<number> => {
      const field = createField(small, { seed: 2 });
      const { numTensors } = memory();
      const reports = await run(field, [equation, curve], options);
      expect(memory().numTensors).toBe(numTensors);
      field.dispose();
      return reports.at(-1)?.loss as number;
    };
    const found = await lossAfter({ steps: 10, optimizer: gaussNewton({ maxProducts: 30 }) });
    const other = await lossAfter({ steps: 10, optimizer: lbfgs({ maxIterations: 1 }) });
    expect(found).toBeLessThan(1e-3 * other);
    expect(found).toBeLessThan(1e-4);
  });

  it('refuses losses without a tangent, schedules and wrong options', async () => {
    const own = term({
      points: lineOf(at => at),
      loss: ({ value }, { targets }) => mul(square(sub(value, targets['value']!)), 2),
    });
    const field = createField(small, { seed: 2 });
    await expect(run(field, [own], { steps: 1, optimizer: gaussNewton() })).rejects.toThrow('must have a tangent');
    await expect(run(field, [curve], { steps: 1, optimizer: gaussNewton(), clipNorm: 1 })).rejects.toThrow(
      'fit: clipNorm must be absent with gaussNewton',
    );
    expect(() => gaussNewton({ damping: 0 })).toThrow('gaussNewton: damping must be a positive number, got 0');
    expect(() => gaussNewton({ maxTrials: 0.5 })).toThrow('gaussNewton: maxTrials must be a positive integer, got 0.5');
    field.dispose();
  });

  it('stops between two products', async () => {
    const field = createField(small, { seed: 2 });
    const controller = new AbortController();
    let evaluations = 0;
    const counting = {
      ...curve,
      points: {
        ...curve.points,
        fixed: false,
        draw: (...at: Parameters<PointSource['draw']>) => {
          evaluations += 1;
          // The second draw is that of the products.
          if (evaluations === 2) controller.abort(new Error('enough'));
          return curve.points.draw(...at);
        },
      },
    } as Term;
    await expect(
      run(field, [counting], { steps: 1, optimizer: gaussNewton(), signal: controller.signal }),
    ).rejects.toThrow('enough');
    field.dispose();
  });
});

describe('solveConjugateGradients', () => {
  const matrix = [
    [4, 1, 0],
    [1, 3, -1],
    [0, -1, 2],
  ];
  const times =
    (rows: readonly (readonly number[])[]) =>
    (v: Float64Array): Promise<Float64Array> =>
      Promise.resolve(Float64Array.from(rows, row => row.reduce((total, value, j) => total + value * v[j]!, 0)));

  it('solves n equations with n products', async () => {
    const b = Float64Array.of(1, 2, 3);
    const options = { shift: 0.5, maxProducts: 3, tolerance: 1e-12 };
    const { solution, residual } = await solveConjugateGradients(times(matrix), b, options);
    const shifted = matrix.map((row, i) => row.map((value, j) => value + (i === j ? 0.5 : 0)));
    for (const [i, value] of solve(shifted, [...b]).entries()) expect(solution[i]).toBeCloseTo(value, 12);
    for (const value of residual) expect(value).toBeCloseTo(0, 12);
  });

  it('ends with the right-hand side where the curvature along it is negative, and says what remains', async () => {
    const b = Float64Array.of(1, 0, 0);
    const options = { shift: 0, maxProducts: 9, tolerance: 0 };
    const negative = times([
      [-2, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    const found = await solveConjugateGradients(negative, b, options);
    expect(found).toEqual({ solution: b, residual: Float64Array.of(3, 0, 0) });
  });
});
