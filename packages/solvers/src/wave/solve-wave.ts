import type { NdArray } from 'ndarray';
import { type ArrayView, assertShape, formatShape, toFloat64, toNdarray } from '../array-view.ts';
import { assertAllPositive, assertPositive, assertSpacing } from '../assert.ts';
import { StabilityError } from '../errors.ts';
import { createTurns, type RunOptions } from '../run-options.ts';
import { axisDamping, type WaveAbsorption } from './damping.ts';
import { laplacianOf, type WaveProblem, waveStepper } from './leapfrog.ts';

/** The options of {@link solveWave}. */
export interface WaveSolverOptions extends RunOptions {
  /** When snapshots are taken, in increasing order, at or after the initial time 0. */
  readonly times: readonly number[];
  /** The distance of neighbours along y and x. */
  readonly spacing: readonly [number, number];
  /** u_t at the time 0, `[rows, columns]`; at rest if absent. */
  readonly velocity?: ArrayView;
  /** c where m is 1, in units of space per unit of time; 1 if absent. */
  readonly speed?: number;
  /** m, the squared slowness relative to 1 / c^2, `[rows, columns]`; 1 if absent. */
  readonly squaredSlowness?: ArrayView;
  /** A layer that absorbs what reaches the border; `null` (default) for walls, at which the wave stays as it begins. */
  readonly absorbing?: WaveAbsorption | null;
  /** The largest step to take; 0.9 of the largest that is stable, if absent. */
  readonly timeStep?: number;
}

/** What {@link solveWave} found. */
export interface WaveSolution {
  /** u at the times, `f64[times, rows, columns]`. */
  readonly snapshots: NdArray<Float64Array>;
  /** The step that was taken: a whole part of the last time. */
  readonly timeStep: number;
  readonly steps: number;
}

/** Part of the stable limit, where layers and media leave some room. */
const DEFAULT_COURANT = 0.9;

const assertTimes = (times: readonly number[]): void => {
  if (times.length === 0) throw new RangeError('solveWave: times must be at least one, got none');
  times.forEach((time, i) => {
    if (!(Number.isFinite(time) && time >= (times[i - 1] ?? 0)))
      throw new RangeError(`solveWave: times must be finite and increase from 0 on, got [${times.join(', ')}]`);
  });
};

const readProblem = (displacement: ArrayView, options: WaveSolverOptions): WaveProblem => {
  const { spacing, speed = 1, absorbing, squaredSlowness } = options;
  const { shape } = displacement;
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows < 3 || columns < 3)
    throw new RangeError(
      `solveWave: the displacement must be [rows, columns] with 3 or more of each, got ${formatShape(shape)}`,
    );
  assertSpacing('solveWave: spacing', spacing, 2);
  assertPositive('solveWave: speed', speed);
  const squaredSpeed = new Float64Array(rows * columns).fill(speed ** 2);
  if (squaredSlowness) {
    assertShape('solveWave', 'the squared slowness', squaredSlowness, shape);
    const m = toFloat64('solveWave', squaredSlowness);
    assertAllPositive('solveWave: the squared slowness', m);
    for (let i = 0; i < m.length; i++) squaredSpeed[i]! /= m[i]!;
  }
  const damping = absorbing
    ? ([
        axisDamping(absorbing, { length: rows, step: spacing[0], speed }),
        axisDamping(absorbing, { length: columns, step: spacing[1], speed }),
      ] as const)
    : undefined;
  return { rows, columns, spacing, squaredSpeed, damping };
};

/** The largest stable step: 1 / (c sqrt(1/dy^2 + 1/dx^2)). Courant, Friedrichs and Lewy 1928. */
const largestStep = ({ squaredSpeed, spacing: [stepY, stepX] }: WaveProblem): number =>
  1 / Math.sqrt(squaredSpeed.reduce((most, value) => Math.max(most, value), 0) * (stepY ** -2 + stepX ** -2));

/**
 * The wave equation m u_tt = c^2 laplacian u on a grid, as `wave` of `@neural-fields/losses` has it, from its initial
 * displacement and velocity.
 *
 * Leapfrog: central differences of second order in time and space. Snapshots between two steps are interpolated by the
 * parabola through the nearest three. What starts inside an absorbing layer is not followed rightly.
 *
 * @param displacement u at the time 0, `[rows, columns]`, y before x
 * @throws RangeError when an array or option does not fit
 * @throws StabilityError when `timeStep` is so large that waves would cross more than a cell a step
 * @throws the signal's reason when it is aborted
 */
export const solveWave = async (displacement: ArrayView, options: WaveSolverOptions): Promise<WaveSolution> => {
  const problem = readProblem(displacement, options);
  const { times } = options;
  assertTimes(times);
  const largest = largestStep(problem);
  const { timeStep: wanted = DEFAULT_COURANT * largest } = options;
  assertPositive('solveWave: timeStep', wanted);
  if (wanted > largest) throw new StabilityError('solveWave', wanted, largest);
  const last = times.at(-1)!;
  const steps = Math.ceil(last / wanted);
  const timeStep = steps === 0 ? wanted : last / steps;
  const turn = createTurns(options);

  let now: Float64Array = toFloat64('solveWave', displacement);
  if (options.velocity) assertShape('solveWave', 'the velocity', options.velocity, displacement.shape);
  const velocity = options.velocity ? toFloat64('solveWave', options.velocity) : new Float64Array(now.length);
  const start = laplacianOf(problem, now);
  // u(-dt) = u - dt u_t + dt^2 / 2 u_tt, to the order of the scheme.
  let before: Float64Array = now.map(
    (u, i) => u - timeStep * velocity[i]! + (timeStep ** 2 / 2) * problem.squaredSpeed[i]! * start[i]!,
  );
  const { rows, columns } = problem;
  forBorder(rows, columns, i => {
    before[i] = now[i]!;
  });

  const step = waveStepper(problem, timeStep);
  const snapshots = new Float64Array(times.length * now.length);
  let taken = 0;
  for (let n = 0; taken < times.length; n++) {
    const after = step(before, now);
    for (; taken < times.length && times[taken]! <= (n + 0.5) * timeStep; taken++) {
      const s = times[taken]! / timeStep - n;
      const [a, b, c] = [(s * (s - 1)) / 2, 1 - s * s, (s * (s + 1)) / 2];
      const from = taken * now.length;
      for (let i = 0; i < now.length; i++) snapshots[from + i] = a * before[i]! + b * now[i]! + c * after[i]!;
    }
    [before, now] = [now, after];
    await turn(taken === times.length ? 1 : Math.min(n / steps, 1));
  }
  return { snapshots: toNdarray(snapshots, [times.length, rows, columns]), timeStep, steps };
};

/** Visits the outermost points of a grid. */
const forBorder = (rows: number, columns: number, visit: (index: number) => void): void => {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column += row === 0 || row === rows - 1 ? 1 : columns - 1)
      visit(row * columns + column);
};
