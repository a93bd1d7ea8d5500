/** @file Which units to remove for a budget of parameters. */
import type { Candidate, RankingScope } from './ranking/rank-units.ts';
import { Sizes } from './sizes.ts';
import type { Structure, Unit } from './structure.ts';

/** What a plan aims at. */
export interface PlanOptions {
  /** The most parameters that may be left. */
  readonly parameters: number;
  readonly scope: RankingScope;
  /** The share of its units that each layer keeps at least. */
  readonly least: number;
}

/**
 * The units to remove, in order of their score, until the parameters are within the budget; with the scope `layer` from
 * the layer that has lost the smallest share.
 *
 * @param candidates by ascending score
 * @returns as many as can be removed where the budget cannot be met
 */
export const planRemoval = (
  structure: Structure,
  candidates: readonly Candidate[],
  { parameters, scope, least }: PlanOptions,
): ReadonlySet<Unit> => {
  const sizes = new Sizes(structure);
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const own = groups.get(candidate.group);
    if (own) own.push(candidate);
    else groups.set(candidate.group, [candidate]);
  }
  const states = [...groups.values()].map(own => ({
    own,
    removed: 0,
    most: own.length - Math.max(1, Math.ceil(least * own.length)),
  }));
  const removed = new Set<Unit>();
  while (sizes.total > parameters) {
    let best: (typeof states)[number] | undefined;
    const rank = ({ own, removed: at }: (typeof states)[number]): number =>
      scope === 'layer' ? at / own.length : (own[at]?.score ?? Number.POSITIVE_INFINITY);
    for (const state of states)
      if (state.removed < state.most && (best === undefined || rank(state) < rank(best))) best = state;
    if (best === undefined) break;
    const { unit } = best.own[best.removed] as Candidate;
    best.removed += 1;
    removed.add(unit);
    sizes.remove(unit);
  }
  return removed;
};
