/**
 * @file A line search for the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization, 2nd edition, 2006,
 *   algorithms 3.5 and 3.6.
 *
 * With phi(t) the loss at a step of length t, it looks for a t where phi(t) <= phi(0) + c1 t phi'(0) and |phi'(t)| <=
 * c2 |phi'(0)|.
 */

/** The loss and its slope at some length of the step. */
export interface Trial {
  readonly length: number;
  readonly loss: number;
  /** d loss / d length */
  readonly slope: number;
}

/** The numbers of a line search. */
export interface LineSearchOptions {
  /** The first length that is tried. */
  readonly first: number;
  /** c1 */
  readonly sufficientDecrease: number;
  /** c2 */
  readonly curvature: number;
  /** No length is tried after this many. */
  readonly maxTrials: number;
  /** A bracket that is shorter is not divided any more. */
  readonly shortest: number;
}

/**
 * A float32 loss does not show a decrease by a smaller part of it than this. Where the slope tells that the length is
 * good, its absence is no objection.
 */
const ROUNDING = 2 ** -23;

/** How much of a bracket a new length keeps from its ends; PyTorch has the same. */
const MARGIN = 0.1;

/**
 * The minimiser of the cubic that has the losses and slopes of two trials: Nocedal and Wright, equation 3.59. Not a
 * number when there is none.
 */
const cubicMinimiser = (a: Trial, b: Trial): number => {
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.length - b.length);
  const d2 = Math.sign(b.length - a.length) * Math.sqrt(d1 ** 2 - a.slope * b.slope);
  return b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
};

const isUsable = ({ loss, slope }: Trial): boolean => Number.isFinite(loss) && Number.isFinite(slope);

/**
 * A length that satisfies the strong Wolfe conditions; when `maxTrials` do not suffice, the best one that satisfies the
 * first condition; `undefined` when there is none. A trial that is not finite counts as infinitely high, so the search
 * comes back from it.
 *
 * @param start the trial at length 0, with a negative slope
 * @param evaluate works out a trial; what it returns may carry more, e.g. the whole gradient
 */
export const searchLine = async <T extends Trial>(
  start: Trial,
  evaluate: (length: number) => Promise<T>,
  { first, sufficientDecrease, curvature, maxTrials, shortest }: LineSearchOptions,
): Promise<T | undefined> => {
  const rounding = ROUNDING * Math.abs(start.loss);
  const decreases = (trial: Trial, tolerance = 0): boolean =>
    isUsable(trial) && trial.loss <= start.loss + sufficientDecrease * trial.length * start.slope + tolerance;
  const satisfies = (trial: Trial): boolean =>
    Math.abs(trial.slope) <= -curvature * start.slope && decreases(trial, rounding);

  let trials = 0;
  const attempt = (length: number): Promise<T> => {
    trials += 1;
    return evaluate(length);
  };

  /**
   * Algorithm 3.6. `low` is the best trial so far (absent: the start), and the interval up to `high` has a good length
   * in it.
   */
  const zoom = async (low: T | undefined, high: Trial): Promise<T | undefined> => {
    let best = low;
    let other = high;
    let previousWidth = Number.POSITIVE_INFINITY;
    for (;;) {
      const near: Trial = best ?? start;
      const width = Math.abs(other.length - near.length);
      if (trials >= maxTrials || width <= shortest) return best;
      const length = divide(near, other, width > (2 / 3) * previousWidth);
      previousWidth = width;
      const trial = await attempt(length);
      if (satisfies(trial)) return trial;
      // From the start itself, the first condition says all that the comparison with it would.
      if (!decreases(trial) || (best && trial.loss >= best.loss)) other = trial;
      else {
        if (trial.slope * (other.length - near.length) >= 0) other = near;
        best = trial;
      }
    }
  };

  /** Algorithm 3.5. */
  let previous: T | undefined;
  let length = first;
  for (;;) {
    const trial = await attempt(length);
    if (satisfies(trial)) return trial;
    if (!decreases(trial) || (previous && trial.loss >= previous.loss)) return zoom(previous, trial);
    if (trial.slope >= 0) return zoom(trial, previous ?? start);
    if (trials >= maxTrials) return trial;
    length = extrapolate(previous ?? start, trial);
    previous = trial;
  }
};

/**
 * A length within a bracket. `halves` asks for the middle, as Moré and Thuente do when the bracket shrinks too slowly.
 */
const divide = (low: Trial, high: Trial, halves: boolean): number => {
  const width = high.length - low.length;
  if (!isUsable(high)) return low.length + MARGIN * width;
  const [least, most] = [low.length + MARGIN * width, high.length - MARGIN * width].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const length = halves ? Number.NaN : cubicMinimiser(low, high);
  return Number.isNaN(length) ? (least + most) / 2 : Math.min(most, Math.max(least, length));
};

/**
 * A length beyond the last one, which still goes down: by the cubic, at least a hundredth of the last stretch and at
 * most ten times as far.
 */
const extrapolate = (previous: Trial, last: Trial): number => {
  const [least, most] = [last.length + 0.01 * (last.length - previous.length), 10 * last.length];
  const length = cubicMinimiser(previous, last);
  return Number.isNaN(length) ? (least + most) / 2 : Math.min(most, Math.max(least, length));
};
