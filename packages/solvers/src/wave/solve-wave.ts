import { assertOptions, assertPositive } from '@neural-fields/core/options';
import type { NdArray } from 'ndarray';
import { assertAllPositive, assertSpacing } from '../assert.ts';
import { StabilityError } from '../errors.ts';
import { createYieldPoint, type RunOptions } from '../run-options.ts';
import { assertShape, formatShape, type StridedArray, toFloat64, toNdarray } from '../strided-array.ts';
import { axisDamping, type WaveAbsorption } from './damping.ts';
import { laplacianOf, type WaveProblem, waveStepper } from './leapfrog.ts';

/** The options of {@link solveWave}. */
export interface WaveSolverOptions extends RunOptions {
  /** The times of the snapshots, increasing and not before the initial time 0. */
  readonly times: readonly number[];
  /** The grid spacing along y and x. */
  readonly spacing: readonly [number, number];
  /** u_t at time 0, `[rows, columns]`; 0 if absent. */
  readonly velocity?: StridedArray;
  /** c where m is 1, in units of space per unit of time; 1 if absent. */
  readonly speed?: number;
  /** m, the squared slowness relative to 1 / c^2, `[rows, columns]`; 1 if absent. */
  readonly squaredSlowness?: StridedArray;
  /** The absorbing layer at the border; `null` (default) for walls, where the wave keeps its initial value. */
  readonly absorbing?: WaveAbsorption | null;
  /** The largest time step to take; 0.9 of the largest stable one if absent. */
  readonly timeStep?: number;
}

/** The result of {@link solveWave}. */
export interface WaveSolution {
  /** u at the times, `f64[times, rows, columns]`. */
  readonly snapshots: NdArray<Float64Array>;
  /** The time step used, which divides the last time. */
  readonly timeStep: number;
  readonly steps: number;
}

/** The default time step as a fraction of the stability limit; layers and media need some margin. */
const DEFAULT_COURANT = 0.9;

const assertTimes = (times: readonly number[]): void => {
  if (times.length === 0) throw new RangeError('solveWave: at least one time is needed, got none');
  times.forEach((time, i) => {
    if (!(Number.isFinite(time) && time >= (times[i - 1] ?? 0)))
      throw new RangeError(`solveWave: times must be finite, increasing and at least 0, got [${times.join(', ')}]`);
  });
};

const readProblem = (displacement: StridedArray, options: WaveSolverOptions): WaveProblem => {
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
 * Solves the wave equation m u_tt = c^2 laplacian u on a grid, in the form of `wave` of `@neural-fields/losses`, from
 * its initial displacement and velocity.
 *
 * The scheme is leapfrog: second-order central differences in time and space. Snapshots between two steps are
 * interpolated by the parabola through the nearest three. Waves that start inside an absorbing layer are not computed
 * correctly.
 *
 * @param displacement u at time 0, `[rows, columns]`, y before x
 * @throws RangeError when an array or option does not fit
 * @throws StabilityError when `timeStep` is so large that waves would cross more than one cell per step
 * @throws the signal's reason when it is aborted
 */
export const solveWave = async (displacement: StridedArray, options: WaveSolverOptions): Promise<WaveSolution> => {
  assertOptions('solveWave', options, {
    times: 1,
    spacing: 1,
    velocity: 1,
    speed: 1,
    squaredSlowness: 1,
    absorbing: 1,
    timeStep: 1,
    onProgress: 1,
    signal: 1,
  });

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
  const yieldPoint = createYieldPoint(options);

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
    await yieldPoint(taken === times.length ? 1 : Math.min(n / steps, 1));
  }
  return { snapshots: toNdarray(snapshots, [times.length, rows, columns]), timeStep, steps };
};

/** Visits the outermost points of a grid. */
const forBorder = (rows: number, columns: number, visit: (index: number) => void): void => {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column += row === 0 || row === rows - 1 ? 1 : columns - 1)
      visit(row * columns + column);
};
