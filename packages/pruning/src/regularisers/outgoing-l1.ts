import type { Field, ParameterTerm, Schedule } from '@neural-fields/core';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import { abs, add, type Scalar, sum } from '@tensorflow/tfjs-core';
import { readerNames } from './readers.ts';

/** The options of {@link outgoingL1}. */
export interface OutgoingL1Options {
  /** The path of the layer whose units should become dispensable; `layers.0` if absent, the input frequencies. */
  readonly layer?: string;
  /** The factor alpha on the sum; 1e-6 if absent: between those of the TUNER talk, 1e-5 and 1e-7. */
  readonly weight?: number;
  /** A factor on the weight for every step; 1 if absent. */
  readonly weightSchedule?: Schedule;
  /** Names the term; `outgoingL1` if absent. */
  readonly name?: string;
}

/**
 * A term alpha sum |W| over the weights that read the units of a layer, so that some of them become small enough to
 * remove: Novello et al. 2025, arXiv:2407.21121. It goes with any optimizer, and stays valid when the layer is pruned.
 *
 *     fit(field, [...task, outgoingL1(field, { weight: 1e-6 })], options)
 *
 * @throws RangeError when there is no such layer or the weight is not positive, TypeError when no matrix reads it
 */
export const outgoingL1 = (field: Field, options: OutgoingL1Options = {}): ParameterTerm => {
  assertOptions('outgoingL1', options, { layer: 1, weight: 1, weightSchedule: 1, name: 1 });
  const { layer = 'layers.0', weight = 1e-6, weightSchedule, name = 'outgoingL1' } = options;
  assertPositive('outgoingL1: weight', weight);
  const names = readerNames('outgoingL1', field, layer);
  return {
    name,
    weight,
    ...(weightSchedule && { weightSchedule }),
    metrics: {},
    settings: { kind: 'outgoing-l1', layer },
    assertLayout: layout => {
      for (const reader of names) layout.entry(reader);
    },
    loss: (flat, layout) =>
      names.map((reader): Scalar => sum(abs(layout.tensor(flat, reader)))).reduce((total, one) => add(total, one)),
  };
};
