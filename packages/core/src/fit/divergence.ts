/** @file Detects divergence: a loss that is not finite, or that jumps above its initial value. */
import { assertCount } from '../assert-number.ts';
import { ExplainedError } from '../explained-error.ts';

/** What counts as divergence. */
export interface DivergenceOptions {
  /**
   * A loss that exceeds this factor times the median of recent losses, and `firstFactor` times the first loss, is a
   * spike; 100 if absent.
   */
  readonly spikeFactor?: number;
  /** The factor on the first loss; 1 if absent. A smaller one also detects spikes below the first loss. */
  readonly firstFactor?: number;
  /** The number of recent losses in the median; 25 if absent. */
  readonly window?: number;
}

/** The circumstances of a divergence. */
export interface Divergence {
  /** The step whose loss was bad. */
  readonly step: number;
  readonly loss: number;
  /** The number of updates that led to the parameters that the field now has. */
  readonly lastGoodStep: number;
  /** True when no update was made yet, so the learning rate is not the cause. */
  readonly beforeAnyUpdate: boolean;
}

/**
 * Thrown by `fit` when the loss diverges or is not finite, while the points and targets are finite (see
 * `PointDataError`). The field then holds the parameters of the last good step.
 */
export class DivergenceError extends ExplainedError implements Divergence {
  override readonly name = 'DivergenceError';
  readonly step: number;
  readonly loss: number;
  readonly lastGoodStep: number;
  readonly beforeAnyUpdate: boolean;

  /** @param reason e.g. `the loss is NaN` */
  constructor({ step, loss, lastGoodStep, beforeAnyUpdate }: Divergence, reason: string, options?: ErrorOptions) {
    super(
      'fit',
      beforeAnyUpdate
        ? `${reason} at step ${step}, before any update, with points, targets and parameters that are finite: ` +
            'the loss is undefined there, or overflows float32.'
        : `diverged at step ${step}: ${reason}. The field has the parameters after step ${lastGoodStep}. ` +
            'A smaller learning rate, clipNorm, or a smaller omega0 may help.',
      options,
    );
    this.step = step;
    this.loss = loss;
    this.lastGoodStep = lastGoodStep;
    this.beforeAnyUpdate = beforeAnyUpdate;
  }
}

/** Checks the losses of a fit in sequence. */
export class DivergenceDetector {
  readonly #spikeFactor: number;
  readonly #firstFactor: number;
  readonly #window: number;
  readonly #recent: number[];
  #first: number | undefined;

  /** @param history a saved {@link history}, to resume from */
  constructor({ spikeFactor = 100, firstFactor = 1, window = 25 }: DivergenceOptions, history: readonly number[] = []) {
    if (!(typeof spikeFactor === 'number' && spikeFactor > 1))
      throw new RangeError(`fit: divergence.spikeFactor must be a number above 1, got ${spikeFactor}`);
    assertCount('fit: divergence.window', window);
    this.#spikeFactor = spikeFactor;
    if (!(typeof firstFactor === 'number' && firstFactor >= 0))
      throw new RangeError(`fit: divergence.firstFactor must be a number of at least 0, got ${String(firstFactor)}`);
    this.#firstFactor = firstFactor;
    this.#window = window;
    [this.#first] = history;
    this.#recent = history.slice(1).slice(-window);
  }

  /** The first loss, then the recent ones. */
  get history(): readonly number[] {
    return this.#first === undefined ? [] : [this.#first, ...this.#recent];
  }

  /** Says what is wrong with a loss, or adds it to the history. */
  check(loss: number): string | undefined {
    if (!Number.isFinite(loss)) return `the loss is ${loss}`;
    this.#first ??= loss;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    const isAbove = median !== undefined && median > 0 && loss > this.#spikeFactor * median;
    if (isAbove && loss > this.#firstFactor * this.#first) {
      const jump = `the loss jumped to ${loss.toPrecision(4)} from a median of ${median.toPrecision(4)}`;
      return loss > this.#first ? `${jump}, above its initial value ${this.#first.toPrecision(4)}` : jump;
    }
    this.#recent.push(loss);
    if (this.#recent.length > this.#window) this.#recent.shift();
    return undefined;
  }
}
