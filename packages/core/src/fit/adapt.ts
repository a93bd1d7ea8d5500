/** @file Changes of the model in the middle of a fit: pruning, densification. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Model, ModelDescription } from '../model.ts';
import type { ParameterEntry, ParameterLayout, ParameterView } from '../params/layout.ts';
import type { TrainingState } from './checkpoint.ts';
import type { FitStep } from './points.ts';

/** The name of one of a fit's vectors. */
export type FitVector = 'parameters' | 'average' | `optimizer.${number}`;

/** The input of a change. */
export interface AdaptInput {
  readonly model: Model;
  /** `f32[P]`: the current parameters. Do not dispose of them. */
  readonly parameters: Tensor1D;
}

/** The result of a change. */
export interface Adaptation {
  /** The model to train from now on. The previous model keeps its last parameters; the caller disposes of it. */
  readonly model: Model;
  /**
   * Maps a vector of the previous model to one of the new model: the parameters, the optimizer's vectors and the
   * average. {@link mapParameters} helps. It is not asked for the vectors of a search, e.g. of `lbfgs`, and of an
   * optimizer with `restart`, e.g. `soap`, which begin again.
   */
  map(vector: Float32Array, of: FitVector): Float32Array;
}

/** When and how a fit changes its model. */
export interface Adapter {
  /** Identifies the adapter; a resumed run must have the same description. */
  describe(): string;
  /**
   * Called after every update; returns `undefined` to leave the model unchanged. It must depend on nothing but its
   * arguments.
   */
  change(now: AdaptInput, at: FitStep): Adaptation | undefined | Promise<Adaptation | undefined>;
  /**
   * Makes a model with this description, to resume from a checkpoint written after a change. Its parameter values do
   * not matter.
   */
  restore(description: ModelDescription): Model;
}

/**
 * Maps a vector of one layout to a vector of another, parameter by parameter.
 *
 * @param rule computes the values of a parameter of the new layout from the old parameters by name; `undefined` for
 *   zeros
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
    const values = rule(entry, old);
    if (values === undefined) continue;
    if (values.length !== entry.size)
      throw new RangeError(`mapParameters: '${entry.name}' must have ${entry.size} values, got ${values.length}`);
    result.set(values, entry.offset);
  }
  return result;
};

/**
 * The state of a run with all vectors mapped. Without those of an optimizer that restarts.
 *
 * @throws RangeError when a mapped vector does not have the new layout's size
 */
export const mapState = (
  state: TrainingState,
  map: Adaptation['map'],
  { size, restarts }: { readonly size: number; readonly restarts: boolean },
): TrainingState => {
  const mapped = (vector: Float32Array, of: FitVector): Float32Array => {
    const result = map(vector, of);
    if (!(result instanceof Float32Array) || result.length !== size)
      throw new RangeError(
        `fit: adapt must map ${of} to ${size} values in a Float32Array, got ${String(result?.length)}`,
      );
    return result;
  };
  return {
    ...state,
    parameters: mapped(state.parameters, 'parameters'),
    optimizer: restarts ? [] : state.optimizer.map((vector, index) => mapped(vector, `optimizer.${index}`)),
    ...(state.average && { average: mapped(state.average, 'average') }),
  };
};
