/** @file Errors that a caller may want to handle apart from invalid arguments. */

/** The time step is too large for the scheme to be stable. */
export class StabilityError extends RangeError {
  override readonly name = 'StabilityError';
  /** The requested time step. */
  readonly timeStep: number;
  /** The largest stable time step. */
  readonly maxTimeStep: number;

  constructor(caller: string, timeStep: number, maxTimeStep: number) {
    super(
      `${caller}: timeStep must be at most ${maxTimeStep}, the largest for which waves cross at most one cell per step ` +
        `(Courant, Friedrichs and Lewy), got ${timeStep}`,
    );
    this.timeStep = timeStep;
    this.maxTimeStep = maxTimeStep;
  }
}

/** A linear system was not solved to the requested accuracy. */
export class ConvergenceError extends Error {
  override readonly name = 'ConvergenceError';
  /** The relative residual that was reached. */
  readonly residual: number;
  /** The relative residual that was requested. */
  readonly tolerance: number;

  constructor(caller: string, residual: number, tolerance: number, advice: string) {
    super(`${caller}: the relative residual must reach ${tolerance}, got ${residual}; ${advice}`);
    this.residual = residual;
    this.tolerance = tolerance;
  }
}
