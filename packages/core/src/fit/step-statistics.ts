/**
 * @file Statistics over all points of a step: layers with statistics use the same values in every chunk.
 *
 * Each statistic depends on the parameters and on the statistics before it. So they are measured in order, with one
 * pass over the chunks for each; then the loss is differentiated as if they were parameters; then their gradients are
 * propagated in reverse order, with one pass for each:
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
import { type Network, prefixOf, type Statistic } from '../spec/network.ts';

/** The points of a chunk. */
interface Points {
  readonly coords: Tensor2D;
}

/** Iterates over the chunks of a step's points; may be called repeatedly. */
type Chunks = () => Iterable<Points>;

const prefixes = new WeakMap<Statistic, Network>();

/** The part of the network up to the features of a statistic. */
const statisticPrefix = (network: Network, statistic: Statistic): Network => {
  const known = prefixes.get(statistic);
  if (known) return known;
  const prefix = prefixOf(network, statistic.of, statistic.features);
  prefixes.set(statistic, prefix);
  return prefix;
};

/** A flat vector with some of its elements replaced. */
const withValues = (flat: Tensor1D, offset: number, values: Tensor1D): Tensor1D => {
  const end = offset + values.size;
  return concat1d([slice(flat, 0, offset), values, slice(flat, end, flat.size - end)]);
};

const valuesOf = (flat: Tensor1D, { offset }: { readonly offset: number }, features: number): Tensor1D =>
  slice(flat, offset, features);

/** Replaces a tensor, and disposes of the old one. */
const replaced = (before: Tensor1D, make: () => Tensor1D): Tensor1D => {
  const after = tidy(() => keep(make()));
  before.dispose();
  return after;
};

/** The statistics of one step and one term. */
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

  /** The parameters with the step's statistics in place of the running averages. The caller disposes of them. */
  async measure(parameters: Tensor1D): Promise<Tensor1D> {
    let flat = parameters.clone();
    try {
      for (const statistic of this.#network.statistics) {
        const { mean: center, variance } = await this.#moments(statistic, flat);
        flat = replaced(flat, () => {
          const within = withValues(flat, statistic.mean.offset, center);
          return withValues(within, statistic.variance.offset, variance);
        });
        center.dispose();
        variance.dispose();
      }
      return flat;
    } catch (error) {
      flat.dispose();
      throw error;
    }
  }

  /**
   * Chunks are combined as in Chan, Golub and LeVeque 1979 (STAN-CS-79-773, equation 2.1), which avoids cancellation.
   */
  async #moments(
    statistic: Statistic,
    flat: Tensor1D,
  ): Promise<{ readonly mean: Tensor1D; readonly variance: Tensor1D }> {
    const prefix = statisticPrefix(this.#network, statistic);
    const { features } = statistic;
    let state = tidy(() => keep(zeros([2 * features]) as Tensor1D));
    let points = 0;
    for (const { coords } of this.#chunks()) {
      const count = coords.shape[0];
      const [before, all] = [points, points + count];
      state = replaced(state, () => {
        const { value } = evaluateNetwork(prefix, flat, coords, {});
        const own = mean(value, 0) as Tensor1D;
        const within = mean(square(sub(value, own)), 0) as Tensor1D;
        const [center, variance] = [slice(state, 0, features), slice(state, features, features)];
        const delta = sub(own, center);
        const nextMean: Tensor1D = add(center, mul(delta, count / all));
        const mixed = mul(square(delta), (before * count) / all ** 2);
        const nextVariance: Tensor1D = add(add(mul(variance, before / all), mul(within, count / all)), mixed);
        return concat1d([nextMean, nextVariance]);
      });
      points = all;
      await this.#yieldToEventLoop();
    }
    this.#points = points;
    const [center, variance] = tidy(() => [keep(slice(state, 0, features)), keep(slice(state, features, features))]);
    state.dispose();
    return { mean: center as Tensor1D, variance: variance as Tensor1D };
  }

  /**
   * The gradient with respect to the parameters alone, 0 for the running averages.
   *
   * @param measured the result of {@link measure}
   * @param gradient the gradient with respect to `measured`; disposed of
   */
  async pullBack(measured: Tensor1D, gradient: Tensor1D): Promise<Tensor1D> {
    let total = gradient;
    for (const statistic of [...this.#network.statistics].reverse()) {
      const { features, mean: meanPlace, variance: variancePlace } = statistic;
      const prefix = statisticPrefix(this.#network, statistic);
      const [ofMean, ofVariance] = tidy(() => [
        keep(valuesOf(total, meanPlace, features)),
        keep(valuesOf(total, variancePlace, features)),
      ]) as [Tensor1D, Tensor1D];
      total = replaced(total, () => {
        const none = zeros([features]) as Tensor1D;
        return withValues(withValues(total, meanPlace.offset, none), variancePlace.offset, none);
      });
      for (const { coords } of this.#chunks()) {
        const part = tidy(() => {
          const center = valuesOf(measured, meanPlace, features);
          const evaluate = (): Tensor2D => evaluateNetwork(prefix, measured, coords, {}).value;
          const upstream = tidy(() => {
            const varianceTerm = mul(mul(sub(evaluate(), center), ofVariance), 2 / this.#points);
            return add(varianceTerm, mul(ofMean, 1 / this.#points));
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
   * The parameters with the next running averages.
   *
   * @param before the parameters; disposed of
   * @param measured the result of {@link measure}
   */
  running(before: Tensor1D, measured: Tensor1D): Tensor1D {
    const points = this.#points;
    return replaced(before, () => {
      let flat = before;
      for (const { features, momentum, mean: meanPlace, variance } of this.#network.statistics) {
        const mixed = (place: { readonly offset: number }, factor: number): Tensor1D =>
          add(
            mul(valuesOf(flat, place, features), 1 - momentum),
            mul(valuesOf(measured, place, features), momentum * factor),
          );
        flat = withValues(flat, meanPlace.offset, mixed(meanPlace, 1));
        // The running variance is the unbiased sample variance, as in PyTorch.
        flat = withValues(flat, variance.offset, mixed(variance, points > 1 ? points / (points - 1) : 1));
      }
      return flat;
    });
  }
}
