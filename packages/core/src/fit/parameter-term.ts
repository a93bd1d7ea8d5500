import { concat1d, mean, reshape, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { assertFinite } from '../assert-number.ts';
import { type Penalty, penalise, penaltyTangent } from '../elementwise/penalty.ts';
import { assertOptions } from '../options.ts';
import type { ParameterLayout, ParameterQuery } from '../params/layout.ts';
import type { Schedule } from './schedule.ts';
import type { ParameterTerm } from './term.ts';

/** The options of {@link parameterTerm}. */
export interface ParameterTermOptions {
  /** Names the term in progress and errors; `parameters` if absent. Unique in an objective. */
  readonly name?: string;
  /**
   * The field of the model whose parameters are penalised, e.g. the weights that a hypernetwork computes. If absent,
   * the model's own parameters, e.g. the hypernetwork's.
   */
  readonly field?: string;
  /** Selects the parameters, e.g. `{ role: 'weight' }` or `{ layer: 'codes' }`; all if absent. */
  readonly parameters?: ParameterQuery;
  /** The penalty of each scalar: `squared` for the mean of p^2, `absolute` for the mean of |p|. */
  readonly penalty: Penalty;
  /** The factor on the mean; 1 if absent. */
  readonly weight?: number;
  /** A factor on the weight for every step; 1 if absent. */
  readonly weightSchedule?: Schedule;
}

/**
 * Makes a regularisation term: weight times the mean penalty of the selected parameters. For a batch of fields it is
 * the mean per field, as for every other term.
 *
 *     parameterTerm({ parameters: { layer: 'codes' }, penalty: squared, weight: 1e-4 })
 *
 * @throws RangeError when the weight is not a finite number; when a fit begins, if no parameter matches
 */
export const parameterTerm = (options: ParameterTermOptions): ParameterTerm => {
  assertOptions('parameterTerm', options, {
    name: 1,
    field: 1,
    parameters: 1,
    penalty: 1,
    weight: 1,
    weightSchedule: 1,
  });

  const { name = 'parameters', field, parameters = {}, penalty, weight = 1, weightSchedule } = options;
  assertFinite(`term '${name}': weight`, weight);
  return {
    name,
    ...(field !== undefined && { field }),
    weight,
    ...(weightSchedule && { weightSchedule }),
    metrics: {},
    settings: { parameters, penalty: { kind: penalty.kind, ...penalty.parameters } },
    assertLayout: layout => {
      if (layout.select(parameters).length === 0)
        throw new RangeError(
          `term '${name}': must match parameters, got ${JSON.stringify(parameters)}; the parameters: ${layout.names().join(', ')}`,
        );
    },
    loss: (flat, layout) => mean(penalise(penalty, selected(flat, layout, parameters))) as Scalar,
    tangent: (flat, direction, layout) =>
      mean(
        penaltyTangent(penalty, selected(flat, layout, parameters), selected(direction, layout, parameters)),
      ) as Scalar,
  };
};

/** The selected parameters, concatenated. */
const selected = (flat: Tensor1D, layout: ParameterLayout, query: ParameterQuery): Tensor1D => {
  const entries = layout.select(query);
  if (entries.length === layout.entries.length) return flat;
  const parts: Tensor[] = layout.split(flat);
  return concat1d(entries.map(({ index, size }) => reshape(parts[index] as Tensor, [size]) as Tensor1D));
};
