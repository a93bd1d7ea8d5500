/**
 * @file What every peer must agree with: the loss of a SIREN, its gradient, and the losses after updates of Adam, in
 *   float64 and without any framework. Jets are propagated forward (value, derivatives along both coordinates,
 *   Laplacian), and adjoints backward by formulas written out by hand:
 *
 *     h0 = sin(o z0)      h1_k = o cos(o z0) z1_k      h2 = o cos(o z0) z2 - o^2 sin(o z0) sum_k z1_k^2
 */
import type { Supervision } from '../protocol.ts';

/** A small problem in memory. */
export interface ReferenceProblem {
  readonly supervision: Supervision;
  /** The sizes of the layers 2, w, ..., w and the number of outputs, above one only where values are supervised. */
  readonly sizes: readonly number[];
  readonly omega: number;
  /** In the order of a problem's file. */
  readonly parameters: ArrayLike<number>;
  /** `[n, 2]` */
  readonly coords: ArrayLike<number>;
  /** `[n, o]` for o outputs, or `[n, 2]` for the gradient */
  readonly targets: ArrayLike<number>;
}

/** A mean loss and its gradient. */
export interface LossGradient {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/** y = x W for x `[n, i]` and W `[i, o]`. */
const multiply = (x: Float64Array, weight: Float64Array, i: number, o: number): Float64Array => {
  const n = x.length / i;
  const y = new Float64Array(n * o);
  for (let row = 0; row < n; row++)
    for (let k = 0; k < i; k++) {
      const factor = x[row * i + k] as number;
      for (let column = 0; column < o; column++) y[row * o + column]! += factor * (weight[k * o + column] as number);
    }
  return y;
};

/** Adds x^T y to the gradient of W, and returns y W^T. */
const multiplyBack = (
  x: Float64Array,
  y: Float64Array,
  { weight, gradient, i, o }: { weight: Float64Array; gradient: Float64Array; i: number; o: number },
): Float64Array => {
  const n = x.length / i;
  const back = new Float64Array(x.length);
  for (let row = 0; row < n; row++)
    for (let k = 0; k < i; k++) {
      const factor = x[row * i + k] as number;
      let sum = 0;
      for (let column = 0; column < o; column++) {
        const upstream = y[row * o + column] as number;
        gradient[k * o + column]! += factor * upstream;
        sum += upstream * (weight[k * o + column] as number);
      }
      back[row * i + k] = sum;
    }
  return back;
};

/** The rows of a jet: value, derivative along x, derivative along y, Laplacian; as many as are needed. */
type Jet = Float64Array[];

const ROWS: Readonly<Record<Supervision, number>> = { value: 1, gradient: 3, laplacian: 4 };

const inputJet = (coords: ArrayLike<number>, rows: number): Jet => {
  const n = coords.length / 2;
  const all = [
    Float64Array.from(coords),
    Float64Array.from({ length: 2 * n }, (_, i) => 1 - (i % 2)),
    Float64Array.from({ length: 2 * n }, (_, i) => i % 2),
    new Float64Array(2 * n),
  ];
  return all.slice(0, rows);
};

const sineJet = (z: Jet, omega: number): Jet => {
  const h = z.map(row => new Float64Array(row.length));
  const at = (jet: Jet, row: number, i: number): number => jet[row]?.[i] ?? 0;
  for (let i = 0; i < (z[0] as Float64Array).length; i++) {
    const [sine, cosine] = [Math.sin(omega * at(z, 0, i)), Math.cos(omega * at(z, 0, i))];
    const squares = at(z, 1, i) ** 2 + at(z, 2, i) ** 2;
    const values = [
      sine,
      omega * cosine * at(z, 1, i),
      omega * cosine * at(z, 2, i),
      omega * cosine * at(z, 3, i) - omega ** 2 * sine * squares,
    ];
    h.forEach((row, k) => {
      row[i] = values[k] as number;
    });
  }
  return h;
};

/** The adjoints of z from those of h. */
const sineAdjoint = (z: Jet, upstream: Jet, omega: number): Jet => {
  const back = z.map(row => new Float64Array(row.length));
  const at = (jet: Jet, row: number, i: number): number => jet[row]?.[i] ?? 0;
  for (let i = 0; i < (z[0] as Float64Array).length; i++) {
    const [sine, cosine] = [Math.sin(omega * at(z, 0, i)), Math.cos(omega * at(z, 0, i))];
    const [x, y, laplacian] = [at(z, 1, i), at(z, 2, i), at(z, 3, i)];
    const [u0, ux, uy, ub] = [at(upstream, 0, i), at(upstream, 1, i), at(upstream, 2, i), at(upstream, 3, i)];
    const values = [
      omega * cosine * u0 -
        omega ** 2 * sine * (ux * x + uy * y) -
        ub * (omega ** 2 * sine * laplacian + omega ** 3 * cosine * (x * x + y * y)),
      omega * cosine * ux - 2 * omega ** 2 * sine * x * ub,
      omega * cosine * uy - 2 * omega ** 2 * sine * y * ub,
      omega * cosine * ub,
    ];
    back.forEach((row, k) => {
      row[i] = values[k] as number;
    });
  }
  return back;
};

/** The mean over the points and outputs of the squared error (summed over both derivatives), and its gradient. */
export const lossGradient = (problem: ReferenceProblem): LossGradient => {
  const { supervision, sizes, omega, coords, targets } = problem;
  const flat = Float64Array.from(problem.parameters);
  const gradient = new Float64Array(flat.length);
  const rows = ROWS[supervision];
  const layers: {
    weight: Float64Array;
    gradient: Float64Array;
    biasGradient: Float64Array;
    i: number;
    o: number;
    h: Jet;
    z: Jet;
  }[] = [];
  let h = inputJet(coords, rows);
  let at = 0;
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [i, o] = [sizes[layer] as number, sizes[layer + 1] as number];
    const weight = flat.subarray(at, at + i * o);
    const bias = flat.subarray(at + i * o, at + i * o + o);
    const z = h.map(row => multiply(row, weight, i, o));
    (z[0] as Float64Array).forEach((_, k, first) => {
      first[k]! += bias[k % o] as number;
    });
    layers.push({
      ...{ weight, i, o, h, z },
      gradient: gradient.subarray(at, at + i * o),
      biasGradient: gradient.subarray(at + i * o, at + i * o + o),
    });
    at += i * o + o;
    h = layer + 2 < sizes.length ? sineJet(z, omega) : z;
  }
  let loss = 0;
  const error = (row: number, column: number, columns: number): void => {
    const [values, adjoint] = [h[row] as Float64Array, upstream[row] as Float64Array];
    const n = values.length;
    for (let p = 0; p < n; p++) {
      const difference = (values[p] as number) - (targets[columns * p + column] as number);
      loss += difference ** 2 / n;
      adjoint[p] = (2 * difference) / n;
    }
  };
  let upstream: Jet = h.map(row => new Float64Array(row.length));
  if (supervision === 'value') error(0, 0, 1);
  if (supervision === 'gradient') for (const axis of [0, 1]) error(1 + axis, axis, 2);
  if (supervision === 'laplacian') error(3, 0, 1);
  for (const [index, layer] of [...layers.entries()].reverse()) {
    const adjoint = index + 1 < layers.length ? sineAdjoint(layer.z, upstream, omega) : upstream;
    (adjoint[0] as Float64Array).forEach((value, k) => {
      layer.biasGradient[k % layer.o]! += value;
    });
    upstream = adjoint.map((row, k) => multiplyBack(layer.h[k] as Float64Array, row, layer));
  }
  return { loss, gradient };
};

/**
 * The gradient at the initial parameters and the losses before each of three updates of Adam (Kingma and Ba 2015,
 * algorithm 1).
 */
export const referenceSteps = (
  problem: ReferenceProblem,
  learningRate: number,
): { readonly gradient: Float64Array; readonly losses: readonly number[] } => {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const parameters = Float64Array.from(problem.parameters);
  const [first, second] = [new Float64Array(parameters.length), new Float64Array(parameters.length)];
  const losses: number[] = [];
  let initial: Float64Array | undefined;
  for (let step = 1; step <= 3; step++) {
    const { loss, gradient } = lossGradient({ ...problem, parameters });
    losses.push(loss);
    initial ??= gradient;
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i] as number;
      first[i] = beta1 * (first[i] as number) + (1 - beta1) * g;
      second[i] = beta2 * (second[i] as number) + (1 - beta2) * g * g;
      const direction =
        (first[i] as number) / (1 - beta1 ** step) / (Math.sqrt((second[i] as number) / (1 - beta2 ** step)) + epsilon);
      parameters[i]! -= learningRate * direction;
    }
  }
  return { gradient: initial as Float64Array, losses };
};
