import type { FieldsProblem } from '../protocol.ts';

/** More steps than anybody waits for. */
export const ENDLESS = 1_000_000_000;

/** A training of many fields from their initial parameters. */
export interface FieldsRun {
  /** One step of all fields. Gives the sum of their losses before the update. */
  step(): Promise<number>;
  dispose(): Promise<void>;
}

/** A way to train many fields. */
export interface FieldsProgram {
  start(problem: FieldsProblem): FieldsRun;
  /** At the initial parameters: f32[b, P]. */
  gradient(problem: FieldsProblem): Promise<Float32Array>;
}
