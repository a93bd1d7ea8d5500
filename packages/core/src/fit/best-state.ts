/** @file The best parameters of a fit: those with the lowest running mean of the loss. */
import { keep, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { assertOptions } from '../options.ts';

/** The options of `keepBest`. */
export interface KeepBestOptions {
  /**
   * The decay of the running mean for each loss that is read: r <- decay r + (1 - decay) loss. 0.9 if absent, about the
   * last ten losses; 0 compares single losses.
   */
  readonly decay?: number;
}

/** The best parameters in a checkpoint. */
export interface SavedBest {
  /** `f32[P]` */
  readonly parameters: Float32Array;
  /** The number of updates that led to them. */
  readonly step: number;
  /** The running mean at that time. */
  readonly loss: number;
  /** The running mean now. */
  readonly running: number;
  /** The step of the last loss in it. */
  readonly seen: number;
}

const DECAY = 0.9;

/**
 * The decay that `keepBest` asks for; `undefined` where nothing is kept.
 *
 * @throws TypeError, RangeError when an option is invalid
 */
export const bestDecayOf = (keepBest: boolean | KeepBestOptions | undefined): number | undefined => {
  if (keepBest === undefined || keepBest === false) return undefined;
  if (keepBest === true) return DECAY;
  assertOptions('fit: keepBest', keepBest, { decay: 1 });
  const { decay = DECAY } = keepBest;
  if (!(typeof decay === 'number' && decay >= 0 && decay < 1))
    throw new RangeError(`fit: keepBest.decay must be a number in [0, 1), got ${String(decay)}`);
  return decay;
};

/** Keeps the parameters with the lowest running mean of the loss so far. Owns one vector `f32[P]`. */
export class BestState {
  readonly #decay: number;
  #now: (Omit<SavedBest, 'parameters'> & { readonly parameters: Tensor1D }) | undefined;

  /** @param saved what {@link read} returned, to resume from */
  constructor(decay: number, saved?: SavedBest) {
    this.#decay = decay;
    this.#now = saved && { ...saved, parameters: keep(tensor1d(saved.parameters)) };
  }

  /**
   * Adds a loss to the running mean, once for each step: a fit that returns to an earlier step reads some losses again.
   *
   * @param step of the loss; 1 for the first
   * @param parameters `f32[P]`, which have this loss: those after `step - 1` updates. A reference is kept, not a copy
   */
  observe(step: number, loss: number, parameters: Tensor1D): void {
    const before = this.#now;
    if (before && step <= before.seen) return;
    const running = before ? this.#decay * before.running + (1 - this.#decay) * loss : loss;
    if (before && running >= before.loss) {
      this.#now = { ...before, running, seen: step };
      return;
    }
    this.#now = { parameters: keep(parameters.clone()), step: step - 1, loss: running, running, seen: step };
    before?.parameters.dispose();
  }

  /**
   * Makes the latest parameters the best, whatever their running mean.
   *
   * @param step the number of updates that led to them
   * @param parameters `f32[P]`. A reference is kept, not a copy
   */
  choose(step: number, parameters: Tensor1D): void {
    const before = this.#now;
    if (before === undefined) return;
    this.#now = { ...before, parameters: keep(parameters.clone()), step, loss: before.running, seen: step };
    before.parameters.dispose();
  }

  /**
   * The best parameters, if they are better than the latest ones; `undefined` if the last loss that was read was the
   * best: the update after it has no loss yet, so the latest parameters are kept.
   */
  get earlier(): { readonly parameters: Tensor1D; readonly step: number } | undefined {
    const now = this.#now;
    return now && now.step < now.seen - 1 ? now : undefined;
  }

  /** The state for a checkpoint; `undefined` before the first loss. */
  async read(): Promise<SavedBest | undefined> {
    if (this.#now === undefined) return undefined;
    const { parameters, ...rest } = this.#now;
    return { ...rest, parameters: Float32Array.from(await parameters.data()) };
  }

  dispose(): void {
    this.#now?.parameters.dispose();
    this.#now = undefined;
  }
}
