/** @file Pruning to a budget in one go. */
import type { Extensions, Field } from '@neural-fields/core';
import { assertCount, assertFraction, assertOptions } from '@neural-fields/core/options';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { readParameters } from '../field-values.ts';
import { planRemoval } from '../plan.ts';
import type { Criterion } from '../ranking/criterion.ts';
import { outgoingNorm } from '../ranking/outgoing-norm.ts';
import { candidatesOf, type RankingOptions } from '../ranking/rank-units.ts';
import { type Resized, removeFrom } from '../remove-units.ts';
import { selectionOf, type UnitIndices } from '../selection.ts';
import { type Structure, structureOf } from '../structure.ts';

/** How units are chosen. */
export interface ChoiceOptions extends RankingOptions {
  /** `outgoingNorm()` if absent. */
  readonly criterion?: Criterion;
  /** The share of its units that each layer keeps at least; 0.1 if absent. At least one unit always remains. */
  readonly leastShare?: number;
  /**
   * Points `f32[n, inFeatures]` over which the mean of each removed unit is taken, which then becomes a part of the
   * next bias; see `removeUnits`.
   */
  readonly meanOver?: Tensor2D;
}

/** For `assertOptions`. */
export const CHOICE_OPTIONS = { criterion: 1, leastShare: 1, meanOver: 1, scope: 1, layers: 1 } as const;

/** The default of `leastShare`. */
const LEAST_SHARE = 0.1;

/** @throws RangeError when an option is out of its range */
export const assertChoice = (what: string, { leastShare = LEAST_SHARE }: ChoiceOptions): void =>
  assertFraction(`${what}: leastShare`, leastShare);

/** The options of {@link pruneTo}. */
export interface PruneToOptions extends ChoiceOptions {
  /** The most parameters that may be left. */
  readonly parameters: number;
}

/** A pruned field. */
export interface Pruned extends Resized {
  /** What was removed. */
  readonly removed: UnitIndices;
}

/** Removes the units that matter least from a network with given parameters, down to a budget. */
export const pruneParameters = async (
  what: string,
  structure: Structure,
  flat: Float32Array,
  { criterion = outgoingNorm(), leastShare = LEAST_SHARE, meanOver, parameters, ...ranking }: PruneToOptions,
  signal?: AbortSignal,
): Promise<Pruned> => {
  const candidates = await candidatesOf(what, structure, flat, criterion, ranking, signal);
  const units = planRemoval(structure, candidates, {
    parameters,
    scope: ranking.scope ?? 'global',
    least: leastShare,
  });
  return {
    ...(await removeFrom(what, structure, flat, units, meanOver)),
    removed: selectionOf(structure, units),
  };
};

/** The structure of a field's network. */
export const structureOfField = ({ spec, extensions }: { spec: Field['spec']; extensions: Extensions }): Structure =>
  structureOf(spec, extensions);

/**
 * A field with at most so many parameters: without the units that a criterion says matter least. The given field stays
 * as it is. Nothing is fitted afterwards: `prune` does that.
 *
 * Where the layers cannot shrink so far, the result is the smallest field that they can be.
 *
 * @throws RangeError when the number is not a positive integer, or an option is out of its range; TypeError when the
 *   criterion does not suit the field
 */
export const pruneTo = async (field: Field, options: PruneToOptions): Promise<Pruned> => {
  assertOptions('pruneTo', options, { ...CHOICE_OPTIONS, parameters: 1 });
  assertCount('pruneTo: parameters', options.parameters);
  assertChoice('pruneTo', options);
  return pruneParameters('pruneTo', structureOfField(field), await readParameters(field), options);
};
