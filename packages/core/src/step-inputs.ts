/** @file Arrays that a model's fields depend on besides its parameters. */

/** An array that the parameters of a model's fields depend on in a step, row-major. */
export interface StepInput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Such arrays by name, e.g. the context points of an encoder, or which signals of a set the step is about. */
export type StepInputs = Readonly<Record<string, StepInput>>;
