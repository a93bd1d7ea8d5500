/** @file Changes of what is trained in the middle of a fit: pruning, densification. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Model, ModelDescription } from '../model.ts';
import type { ParameterEntry, ParameterLayout, ParameterView } from '../params/layout.ts';
import type { TrainingState } from './checkpoint.ts';
import type { FitStep } from './points.ts';

/** Which of a fit's vectors is meant. */
export type FitVector = 'parameters' | 'average' | `optimizer.${number}`;

/** What a change starts from. */
export interface AdaptInput {
  readonly model: Model;
  /** `f32[P]`: those that the fit goes on from. They must not be disposed of. */
  readonly parameters: Tensor1D;
}

/** What a change leads to. */
export interface Adaptation {
  /**
   * What is trained from now on. The one before is left with its last parameters, for whoever made it to dispose of.
   */
  readonly model: Model;
  /**
   * From a vector of the model before to one of the new model: the parameters, and what the optimizer and the average
   * have for each of them. {@link mapParameters} helps.
   */
  map(vector: Float32Array, of: FitVector): Float32Array;
}

/** When and how a fit changes its model. */
export interface Adapter {
  /** What a resumed run must agree on. */
  describe(): string;
  /**
   * Asked after every update; nothing changes where it gives `undefined`. It must depend on nothing but its arguments.
   */
  change(now: AdaptInput, at: FitStep): Adaptation | undefined | Promise<Adaptation | undefined>;
  /** A model with this description, for a checkpoint that was made behind a change. Its values do not matter. */
  restore(description: ModelDescription): Model;
}

/**
 * Makes a vector of one layout from that of another, parameter by parameter.
 *
 * @param rule the numbers of a parameter of the new layout, from those of the old one by name; `undefined` for zeros
 * @throws RangeError when a length is wrong
 */
export const mapParameters = (
  vector: Float32Array,
  from: ParameterLayout,
  to: ParameterLayout,
  rule: (entry: ParameterEntry, old: ReadonlyMap<string, ParameterView>) => Float32Array | undefined,
): Float32Array => {
  const old = from.toMap(vector);
  const result = new Float32Array(to.size);
  for (const entry of to.entries) {
    const numbers = rule(entry, old);
    if (numbers === undefined) continue;
    if (numbers.length !== entry.size)
      throw new RangeError(`mapParameters: '${entry.name}' must have ${entry.size} numbers, got ${numbers.length}`);
    result.set(numbers, entry.offset);
  }
  return result;
};

/**
 * The state of a run with all vectors mapped. @throws RangeError when a vector comes out with another length than the
 * new layout's
 */
export const mapState = (state: TrainingState, map: Adaptation['map'], size: number): TrainingState => {
  const mapped = (vector: Float32Array, of: FitVector): Float32Array => {
    const result = map(vector, of);
    if (!(result instanceof Float32Array) || result.length !== size)
      throw new RangeError(
        `fit: adapt must map ${of} to ${size} numbers in a Float32Array, got ${String(result?.length)}`,
      );
    return result;
  };
  return {
    ...state,
    parameters: mapped(state.parameters, 'parameters'),
    optimizer: state.optimizer.map((vector, index) => mapped(vector, `optimizer.${index}`)),
    ...(state.average && { average: mapped(state.average, 'average') }),
  };
};
