/**
 * @file Statistics over all points of a step: layers that have them see the same numbers in every chunk.
 *
 * Each statistic follows from the parameters and from those before it. So they are measured in order, a pass over the
 * chunks for each; then the loss is differentiated as if they were parameters; then their gradients go back in the
 * other order, a pass for each:
 *
 *     d mean / d x_i = 1 / N        d variance / d x_i = 2 (x_i - mean) / N
 */
import {
  add,
  concat1d,
  engine,
  keep,
  mean,
  mul,
  reshape,
  slice,
  square,
  sub,
  type Tensor1D,
  type Tensor2D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { evaluateNetwork } from '../evaluate/evaluate.ts';
import type { Network, Statistic } from '../spec/network.ts';

/** The points of a chunk. */
interface Points {
  readonly coords: Tensor2D;
}

/** Goes over the chunks of a step's points, once for each call. */
type Chunks = () => Iterable<Points>;

const prefixes = new WeakMap<Statistic, Network>();

/** The network as far as the features of a statistic. */
const prefixOf = (network: Network, statistic: Statistic): Network => {
  const known = prefixes.get(statistic);
  if (known) return known;
  const { of: output, features: outFeatures } = statistic;
  const prefix = { ...network, program: { ...network.program, output, outFeatures }, statistics: [] };
  prefixes.set(statistic, prefix);
  return prefix;
};

/** A flat vector with some of its numbers replaced. */
const withNumbers = (flat: Tensor1D, offset: number, numbers: Tensor1D): Tensor1D => {
  const end = offset + numbers.size;
  return concat1d([slice(flat, 0, offset), numbers, slice(flat, end, flat.size - end)]);
};

const numbersOf = (flat: Tensor1D, { offset }: { readonly offset: number }, features: number): Tensor1D =>
  slice(flat, offset, features);

/** Puts a tensor in the place of one that is freed. */
const replaced = (before: Tensor1D, make: () => Tensor1D): Tensor1D => {
  const after = tidy(() => keep(make()));
  before.dispose();
  return after;
};

/** Those of one step and one term. */
export class StepStatistics {
  readonly #network: Network;
  readonly #chunks: Chunks;
  readonly #yieldToEventLoop: () => Promise<void>;
  /** N */
  #points = 0;

  constructor(network: Network, chunks: Chunks, yieldToEventLoop: () => Promise<void>) {
    this.#network = network;
    this.#chunks = chunks;
    this.#yieldToEventLoop = yieldToEventLoop;
  }

  /** The parameters with the statistics of the step in the places of the running ones. The caller frees them. */
  async measure(parameters: Tensor1D): Promise<Tensor1D> {
    let flat = parameters.clone();
    try {
      for (const statistic of this.#network.statistics) {
        const { mean: middle, variance } = await this.#moments(statistic, flat);
        flat = replaced(flat, () => {
          const within = withNumbers(flat, statistic.mean.offset, middle);
          return withNumbers(within, statistic.variance.offset, variance);
        });
        middle.dispose();
        variance.dispose();
      }
      return flat;
    } catch (error) {
      flat.dispose();
      throw error;
    }
  }

  /**
   * Chunks are put together as Chan, Golub and LeVeque 1979 do (STAN-CS-79-773, equation 2.1), so that nothing cancels.
   */
  async #moments(
    statistic: Statistic,
    flat: Tensor1D,
  ): Promise<{ readonly mean: Tensor1D; readonly variance: Tensor1D }> {
    const prefix = prefixOf(this.#network, statistic);
    const { features } = statistic;
    let state = tidy(() => keep(zeros([2 * features]) as Tensor1D));
    let points = 0;
    for (const { coords } of this.#chunks()) {
      const count = coords.shape[0];
      const [before, all] = [points, points + count];
      state = replaced(state, () => {
        const { value } = evaluateNetwork(prefix, flat, coords, {});
        const own = mean(value, 0) as Tensor1D;
        const spread = mean(square(sub(value, own)), 0) as Tensor1D;
        const [middle, variance] = [slice(state, 0, features), slice(state, features, features)];
        const apart = sub(own, middle);
        const nextMean: Tensor1D = add(middle, mul(apart, count / all));
        const mixed = mul(square(apart), (before * count) / all ** 2);
        const nextVariance: Tensor1D = add(add(mul(variance, before / all), mul(spread, count / all)), mixed);
        return concat1d([nextMean, nextVariance]);
      });
      points = all;
      await this.#yieldToEventLoop();
    }
    this.#points = points;
    const [middle, variance] = tidy(() => [keep(slice(state, 0, features)), keep(slice(state, features, features))]);
    state.dispose();
    return { mean: middle as Tensor1D, variance: variance as Tensor1D };
  }

  /**
   * The gradient with respect to the parameters alone, 0 for the running statistics.
   *
   * @param measured what {@link measure} gave
   * @param gradient with respect to that, which is freed
   */
  async pullBack(measured: Tensor1D, gradient: Tensor1D): Promise<Tensor1D> {
    let total = gradient;
    for (const statistic of [...this.#network.statistics].reverse()) {
      const { features, mean: meanPlace, variance: variancePlace } = statistic;
      const prefix = prefixOf(this.#network, statistic);
      const [ofMean, ofVariance] = tidy(() => [
        keep(numbersOf(total, meanPlace, features)),
        keep(numbersOf(total, variancePlace, features)),
      ]) as [Tensor1D, Tensor1D];
      total = replaced(total, () => {
        const none = zeros([features]) as Tensor1D;
        return withNumbers(withNumbers(total, meanPlace.offset, none), variancePlace.offset, none);
      });
      for (const { coords } of this.#chunks()) {
        const part = tidy(() => {
          const middle = numbersOf(measured, meanPlace, features);
          const evaluate = (): Tensor2D => evaluateNetwork(prefix, measured, coords, {}).value;
          const upstream = tidy(() => {
            const bend = mul(mul(sub(evaluate(), middle), ofVariance), 2 / this.#points);
            return add(bend, mul(ofMean, 1 / this.#points));
          });
          const { grads } = engine().gradients(evaluate, [measured], upstream, true);
          return grads[0] ? keep(reshape(grads[0], [measured.size]) as Tensor1D) : undefined;
        }) as Tensor1D | undefined;
        if (part) {
          total = replaced(total, () => add(total, part));
          part.dispose();
        }
        await this.#yieldToEventLoop();
      }
      ofMean.dispose();
      ofVariance.dispose();
    }
    return total;
  }

  /**
   * The parameters with the next running statistics.
   *
   * @param before the parameters, which are freed
   * @param measured what {@link measure} gave
   */
  running(before: Tensor1D, measured: Tensor1D): Tensor1D {
    const points = this.#points;
    return replaced(before, () => {
      let flat = before;
      for (const { features, momentum, mean: meanPlace, variance } of this.#network.statistics) {
        const mixed = (place: { readonly offset: number }, factor: number): Tensor1D =>
          add(
            mul(numbersOf(flat, place, features), 1 - momentum),
            mul(numbersOf(measured, place, features), momentum * factor),
          );
        flat = withNumbers(flat, meanPlace.offset, mixed(meanPlace, 1));
        // Of a sample the variance is taken without bias, as PyTorch does.
        flat = withNumbers(flat, variance.offset, mixed(variance, points > 1 ? points / (points - 1) : 1));
      }
      return flat;
    });
  }
}
