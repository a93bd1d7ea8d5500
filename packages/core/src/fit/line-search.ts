/**
 * @file A line search for the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization, 2nd edition, 2006,
 *   algorithms 3.5 and 3.6.
 *
 * With phi(t) the loss at a step of length t, it looks for a t where phi(t) <= phi(0) + c1 t phi'(0) and |phi'(t)| <=
 * c2 |phi'(0)|.
 */

/** The loss and its directional derivative at a step length. */
export interface Trial {
  readonly length: number;
  readonly loss: number;
  /** d loss / d length */
  readonly derivative: number;
}

/** The options of a line search. */
export interface LineSearchOptions {
  /** The first trial length. */
  readonly first: number;
  /** c1 */
  readonly sufficientDecrease: number;
  /** c2 */
  readonly curvature: number;
  /** The maximum number of trials. */
  readonly maxTrials: number;
  /** A shorter bracket is not divided further. */
  readonly shortest: number;
}

/**
 * A float32 loss cannot resolve a smaller relative decrease than this. Where the derivative shows that the length is
 * good, a missing decrease is accepted.
 */
const ROUNDING = 2 ** -23;

/** The minimum distance of a new length from the ends of the bracket, relative to its width, as in PyTorch. */
const MARGIN = 0.1;

/**
 * The minimiser of the cubic that interpolates the losses and derivatives of two trials: Nocedal and Wright, equation
 * 3.59. NaN when there is none.
 */
const cubicMinimiser = (a: Trial, b: Trial): number => {
  const d1 = a.derivative + b.derivative - (3 * (a.loss - b.loss)) / (a.length - b.length);
  const d2 = Math.sign(b.length - a.length) * Math.sqrt(d1 ** 2 - a.derivative * b.derivative);
  return b.length - (b.length - a.length) * ((b.derivative + d2 - d1) / (b.derivative - a.derivative + 2 * d2));
};

const isUsable = ({ loss, derivative }: Trial): boolean => Number.isFinite(loss) && Number.isFinite(derivative);

/**
 * A length that satisfies the strong Wolfe conditions; when `maxTrials` is not enough, the best one that satisfies the
 * first condition; `undefined` when there is none. A trial that is not finite counts as infinitely high, so the search
 * backs off.
 *
 * @param start the trial at length 0, with a negative derivative
 * @param evaluate evaluates a trial; the result may have more fields, e.g. the whole gradient
 */
export const searchLine = async <T extends Trial>(
  start: Trial,
  evaluate: (length: number) => Promise<T>,
  { first, sufficientDecrease, curvature, maxTrials, shortest }: LineSearchOptions,
): Promise<T | undefined> => {
  const rounding = ROUNDING * Math.abs(start.loss);
  const decreases = (trial: Trial, tolerance = 0): boolean =>
    isUsable(trial) && trial.loss <= start.loss + sufficientDecrease * trial.length * start.derivative + tolerance;
  const satisfies = (trial: Trial): boolean =>
    Math.abs(trial.derivative) <= -curvature * start.derivative && decreases(trial, rounding);

  let trials = 0;
  const attempt = (length: number): Promise<T> => {
    trials += 1;
    return evaluate(length);
  };

  /**
   * Algorithm 3.6. `low` is the best trial so far (the start if absent), and the interval between it and `high`
   * contains a good length.
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
      // For the start itself, the first condition already includes the comparison.
      if (!decreases(trial) || (best && trial.loss >= best.loss)) other = trial;
      else {
        if (trial.derivative * (other.length - near.length) >= 0) other = near;
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
    if (trial.derivative >= 0) return zoom(trial, previous ?? start);
    if (trials >= maxTrials) return trial;
    length = extrapolate(previous ?? start, trial);
    previous = trial;
  }
};

/**
 * A length within a bracket. `halves` requests bisection, as Moré and Thuente do when the bracket shrinks too slowly.
 */
const divide = (low: Trial, high: Trial, halves: boolean): number => {
  const width = high.length - low.length;
  if (!isUsable(high)) return low.length + MARGIN * width;
  const [lowest, highest] = [low.length + MARGIN * width, high.length - MARGIN * width].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const length = halves ? Number.NaN : cubicMinimiser(low, high);
  return Number.isNaN(length) ? (lowest + highest) / 2 : Math.min(highest, Math.max(lowest, length));
};

/**
 * A length beyond the last one, where the loss still decreases: by the cubic, at least a hundredth of the last
 * increment further, and at most ten times the last length.
 */
const extrapolate = (previous: Trial, last: Trial): number => {
  const [lowest, highest] = [last.length + 0.01 * (last.length - previous.length), 10 * last.length];
  const length = cubicMinimiser(previous, last);
  return Number.isNaN(length) ? (lowest + highest) / 2 : Math.min(highest, Math.max(lowest, length));
};
