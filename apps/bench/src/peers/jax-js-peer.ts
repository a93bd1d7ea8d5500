/**
 * @file jax-js, on WebAssembly. Whole chunks are compiled by `jit`: the derivatives by `jvp` of `jvp` for the Laplacian
 *   and by `jvp` for the gradient, the backward pass by `valueAndGrad`. In jax-js a function takes ownership of its
 *   arguments: what is used again is passed as `.ref`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defaultDevice, init, type Array as JaxArray, jit, jvp, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Problem, Supervision } from '../protocol.ts';
import type { CheckedSteps, Peer } from './peer.ts';
import { layerSizes, readProblem, splitParameters, targetWidth } from './problem-data.ts';

/** Points per chunk: its WebAssembly addresses at most 4 GiB. */
const CHUNK = 16_384;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8] as const;

/** Weights `[in, out]` and biases `[out]`, one after the other. */
type Parameters = JaxArray[];

const network =
  (parameters: Parameters, omega: number) =>
  (coords: JaxArray): JaxArray => {
    let h = coords;
    for (let i = 0; i < parameters.length; i += 2) {
      const z = np.dot(h, (parameters[i] as JaxArray).ref).add((parameters[i + 1] as JaxArray).ref);
      h = i + 2 < parameters.length ? np.sin(z.mul(omega)) : z;
    }
    return h;
  };

/** A unit vector at every point. */
const along = (axis: number, points: number): JaxArray =>
  np.array(Float32Array.from({ length: 2 * points }, (_, i) => (i % 2 === axis ? 1 : 0))).reshape([points, 2]);

/** The sum over the points of the squared errors. */
const loss =
  (supervision: Supervision, omega: number, points: number) =>
  (parameters: Parameters, coords: JaxArray, targets: JaxArray): JaxArray => {
    const field = network(parameters, omega);
    const derivative = (axis: number) => (x: JaxArray) => jvp(field, [x], [along(axis, points)])[1] as JaxArray;
    const secondDerivative = (axis: number): JaxArray =>
      jvp(derivative(axis), [coords.ref], [along(axis, points)])[1] as JaxArray;
    const obtained = {
      value: () => field(coords.ref),
      gradient: () => np.concatenate([derivative(0)(coords.ref), derivative(1)(coords.ref)], 1),
      laplacian: () => secondDerivative(0).add(secondDerivative(1)),
    }[supervision]();
    const total = np.square(obtained.sub(targets)).sum();
    coords.dispose();
    for (const parameter of parameters) parameter.dispose();
    return total;
  };

const update =
  (learningRate: number) =>
  (parameter: JaxArray, gradient: JaxArray, first: JaxArray, second: JaxArray, corrections: JaxArray): JaxArray[] => {
    const m = first.mul(BETA1).add(gradient.ref.mul(1 - BETA1));
    const v = second.mul(BETA2).add(np.square(gradient).mul(1 - BETA2));
    const [one, two] = [corrections.ref.slice(0), corrections.slice(1)];
    const direction = m.ref.div(one).div(np.sqrt(v.ref.div(two)).add(EPSILON));
    return [parameter.sub(direction.mul(learningRate)), m, v];
  };

/** A run of training steps. */
class Steps {
  readonly #parts: { readonly coords: JaxArray; readonly targets: JaxArray; readonly points: number }[] = [];
  readonly #gradients = new Map<
    number,
    (parameters: Parameters, coords: JaxArray, targets: JaxArray) => [JaxArray, Parameters]
  >();
  readonly #update: ReturnType<typeof update>;
  readonly #points: number;
  #parameters: Parameters;
  #first: Parameters;
  #second: Parameters;
  #step = 0;

  constructor(problem: Problem) {
    const { width, points, supervision, omega } = problem;
    const { parameters, coords, targets } = readProblem(problem);
    const columns = targetWidth(problem);
    const sizes = layerSizes(width);
    this.#points = points;
    this.#parameters = splitParameters(parameters, width).flatMap(({ weight, bias }, i) => [
      np.array(weight.slice()).reshape([sizes[i] as number, sizes[i + 1] as number]),
      np.array(bias.slice()),
    ]);
    this.#first = this.#parameters.map(({ shape }) => np.zeros(shape));
    this.#second = this.#parameters.map(({ shape }) => np.zeros(shape));
    this.#update = jit(update(problem.learningRate)) as ReturnType<typeof update>;
    for (let start = 0; start < points; start += CHUNK) {
      const count = Math.min(CHUNK, points - start);
      this.#parts.push({
        points: count,
        coords: np.array(coords.slice(2 * start, 2 * (start + count))).reshape([count, 2]),
        targets: np.array(targets.slice(columns * start, columns * (start + count))).reshape([count, columns]),
      });
      if (!this.#gradients.has(count))
        this.#gradients.set(
          count,
          jit(valueAndGrad(loss(supervision, omega, count))) as (
            parameters: Parameters,
            coords: JaxArray,
            targets: JaxArray,
          ) => [JaxArray, Parameters],
        );
    }
  }

  /** The sum of the squared errors, and the gradient of their mean. */
  gradient(): [JaxArray, Parameters] {
    let total: [JaxArray, Parameters] | undefined;
    for (const { coords, targets, points } of this.#parts) {
      const refs = this.#parameters.map(parameter => parameter.ref);
      const gradientOf = this.#gradients.get(points) as (
        p: Parameters,
        c: JaxArray,
        t: JaxArray,
      ) => [JaxArray, Parameters];
      const part = gradientOf(refs, coords.ref, targets.ref);
      total = total ? [total[0].add(part[0]), total[1].map((sum, i) => sum.add(part[1][i] as JaxArray))] : part;
    }
    const [sum, gradients] = total as [JaxArray, Parameters];
    return [sum, gradients.map(gradient => gradient.mul(1 / this.#points))];
  }

  async step(): Promise<number> {
    this.#step++;
    const [sum, gradients] = this.gradient();
    const corrections = np.array(Float32Array.of(1 - BETA1 ** this.#step, 1 - BETA2 ** this.#step));
    const next = gradients.map((gradient, i) =>
      this.#update(
        this.#parameters[i] as JaxArray,
        gradient,
        this.#first[i] as JaxArray,
        this.#second[i] as JaxArray,
        corrections.ref,
      ),
    );
    corrections.dispose();
    [this.#parameters, this.#first, this.#second] = [0, 1, 2].map(k => next.map(parts => parts[k] as JaxArray)) as [
      Parameters,
      Parameters,
      Parameters,
    ];
    const [value] = await sum.data();
    for (const parameter of this.#parameters) await parameter.blockUntilReady();
    return (value as number) / this.#points;
  }

  dispose(): void {
    for (const array of [...this.#parameters, ...this.#first, ...this.#second]) array.dispose();
    for (const { coords, targets } of this.#parts) for (const array of [coords, targets]) array.dispose();
  }
}

const check = async (problem: Problem): Promise<CheckedSteps> => {
  const steps = new Steps(problem);
  const [sum, gradients] = steps.gradient();
  sum.dispose();
  const parts = await Promise.all(gradients.map(async gradient => [...(await gradient.data())]));
  const losses: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    losses.push(await steps.step());
    if (i > 0) seconds = Math.min(seconds, (performance.now() - begin) / 1000);
  }
  steps.dispose();
  return { gradient: Float32Array.from(parts.flat()), losses, seconds };
};

/** Makes the peer. */
export const createJaxJsPeer = async (): Promise<Peer> => {
  await init('wasm');
  defaultDevice('wasm');
  const manifest = createRequire(import.meta.url)
    .resolve('@jax-js/jax')
    .replace(/dist\/[^/]*$/, 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
  let run: Steps | undefined;
  return {
    description: { versions: { node: process.version.slice(1), 'jax-js': version }, threads: 1 },
    check,
    prepare: async problem => {
      run?.dispose();
      run = new Steps(problem);
      return { chunk: Math.min(CHUNK, problem.points) };
    },
    steps: async count => {
      if (run === undefined) throw new Error('nothing was prepared');
      const loss = await run.step();
      for (let i = 1; i < count; i++) await run.step();
      return loss;
    },
  };
};
