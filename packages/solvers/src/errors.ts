/** @file What a caller may want to tell apart from wrong arguments. */

/** A step in time for which the scheme is unstable. */
export class StabilityError extends RangeError {
  override readonly name = 'StabilityError';
  /** The step that was asked for. */
  readonly timeStep: number;
  /** The largest step that is stable. */
  readonly largest: number;

  constructor(caller: string, timeStep: number, largest: number) {
    super(
      `${caller}: timeStep must be at most ${largest}, where waves cross no more than one cell a step ` +
        `(Courant, Friedrichs and Lewy), got ${timeStep}`,
    );
    this.timeStep = timeStep;
    this.largest = largest;
  }
}

/** A linear system that was not solved to the accuracy that was asked for. */
export class ConvergenceError extends Error {
  override readonly name = 'ConvergenceError';
  /** The relative residual that was reached. */
  readonly residual: number;
  /** The one that was asked for. */
  readonly tolerance: number;

  constructor(caller: string, residual: number, tolerance: number, advice: string) {
    super(`${caller}: the relative residual must come down to ${tolerance}, got ${residual}; ${advice}`);
    this.residual = residual;
    this.tolerance = tolerance;
  }
}
