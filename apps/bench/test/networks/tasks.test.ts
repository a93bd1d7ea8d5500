import { type DenseArray, denseArray } from '@neural-fields/signals';
import { describe, expect, test } from 'vitest';
import { bandsOf } from '../../src/networks/bands.ts';
import type { SampledField, TaskProblem } from '../../src/networks/tasks/task.ts';
import { comparisonTasks, taskNamed } from '../../src/networks/tasks/tasks.ts';

const SIZE = 16;
const constantField = (problem: TaskProblem, value: number): SampledField => {
  const filled = (coords: Float32Array, width: number, of: number): Float32Array =>
    new Float32Array((coords.length / problem.inFeatures) * width).fill(of);
  return {
    value: async coords => filled(coords, problem.outFeatures, value),
    gradient: async coords => filled(coords, problem.inFeatures * problem.outFeatures, 0),
    laplacian: async coords => filled(coords, problem.outFeatures, 0),
  };
};

/** A field that has the values of the truth where the task looks, row by row, plus a constant. */
const perfectField = (problem: TaskProblem, offset = 0): SampledField => {
  const { data } = problem.truth.values as DenseArray;
  const constant = constantField(problem, 0);
  return {
    ...constant,
    value: async coords => {
      const points = coords.length / problem.inFeatures;
      return points * problem.outFeatures === data.length ? data.map(value => value + offset) : constant.value(coords);
    },
  };
};

describe.each(comparisonTasks.map(task => [task.name, task] as const))('%s', (_, task) => {
  test('has data, a baseline, and figures that are better for the truth than for a constant', async () => {
    const problem = await task.create(SIZE);
    expect(problem.hash).toBe((await task.create(SIZE)).hash);
    const names = task.figures.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(problem.baseline.figures)));
    expect(Object.keys(problem.baseline.figures).length).toBeGreaterThan(0);
    const [perfect, constant] = [perfectField(problem), constantField(problem, 0)];
    const [good, bad] = [await problem.measure(perfect), await problem.measure(constant)];
    expect(Object.keys(good).sort()).toEqual([...names].sort());
    // The Laplacian is no value that the field of this test knows.
    const decides = task.name === 'laplacians' ? 'picture' : (names[0] as string);
    const margin = task.figures[0].unit === 'dB' ? 20 : 0;
    expect(good[decides]).toBeGreaterThan((bad[decides] as number) + margin);
    expect(good[decides]).toBeGreaterThan((problem.baseline.figures[decides] as number) + margin);
    const [first, ...others] = problem.terms(1);
    expect(others).toEqual([]);
    expect(first?.points.pointsPerStep).toBe(problem.points);
  });

  test('draws pictures, and the truth has a spectrum', async () => {
    const problem = await task.create(SIZE);
    const { values, picture } = await problem.draw(perfectField(problem));
    expect(values?.shape).toEqual(problem.truth.values?.shape);
    expect(picture?.shape).toEqual(problem.truth.picture?.shape);
    if (picture !== undefined) expect(picture.data).toEqual(problem.truth.picture?.data);
    const bands = bandsOf(problem.truth.values as DenseArray);
    const whole = bands.reduce((sum, { decibels }) => sum + 10 ** (decibels / 10), 0);
    expect(whole).toBeCloseTo(1, 6);
  });
});

test('pictures from gradients are compared up to a constant', async () => {
  const problem = await taskNamed('gradients').create(SIZE);
  const [exact, shifted] = [
    await problem.measure(perfectField(problem)),
    await problem.measure(perfectField(problem, 0.4)),
  ];
  expect(shifted['picture']).toBeGreaterThan(100);
  expect(exact['picture']).toBeGreaterThan(100);
});

test('an unknown task is refused with the names of all', () => {
  expect(() => taskNamed('pictures')).toThrow(/task must be one of picture, line-drawing, .*, got 'pictures'/);
});

test('the energy of a sine lies in its octave', () => {
  const wave = (cycles: number): DenseArray =>
    denseArray(
      Float32Array.from({ length: 128 }, (_, i) => Math.sin((2 * Math.PI * cycles * i) / 128)),
      [128, 1],
    );
  const loudest = (values: DenseArray): number =>
    bandsOf(values).reduce((a, b) => (b.decibels > a.decibels ? b : a)).to;
  expect([3, 6, 12, 24].map(cycles => loudest(wave(cycles)))).toEqual([4, 8, 16, 32]);
  // The difference of a wave from itself with another amplitude: 20 dB below it.
  const error = bandsOf(
    wave(6),
    denseArray(
      wave(6).data.map(value => 0.9 * value),
      [128, 1],
    ),
  );
  expect(error.find(({ to }) => to === 8)?.decibels).toBeCloseTo(
    (bandsOf(wave(6)).find(({ to }) => to === 8)?.decibels as number) - 20,
    3,
  );
});
