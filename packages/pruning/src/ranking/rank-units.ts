/** @file The order in which units are removed. */
import type { Field } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { fieldOf, readParameters } from '../field-values.ts';
import { ownersOf, selectionOf, type UnitIndices, unitProblem } from '../selection.ts';
import { type Structure, structureOf, type Unit } from '../structure.ts';
import type { Criterion } from './criterion.ts';

/** Whether scores are compared within each layer alone, or over all layers. */
export type RankingScope = 'layer' | 'global';

/** The options of a ranking. */
export interface RankingOptions {
  /**
   * `global` if absent: scores are divided by the mean of their layer, and compared over all layers. `layer`: every
   * layer loses the same share.
   */
  readonly scope?: RankingScope;
  /** The paths of the layers to prune; all that can be if absent. */
  readonly layers?: readonly string[];
}

/** A unit with its score. */
export interface RankedUnit {
  /** The layer, and the index of the unit in it; the first of several tied ones. */
  readonly layer: string;
  readonly index: number;
  readonly score: number;
  /** The unit with all that are tied to it, for `removeUnits`. */
  readonly selection: UnitIndices;
}

/** A unit to remove. */
export interface Candidate {
  readonly unit: Unit;
  /** The layers that it belongs to. */
  readonly group: string;
  readonly score: number;
}

/** @throws RangeError when a layer has no units to remove */
const assertLayers = (
  what: string,
  structure: Structure,
  layers: readonly string[],
  groups: ReadonlySet<string>,
): void => {
  for (const layer of layers)
    if (![...groups].some(group => group.split(' ').includes(layer)))
      throw new RangeError(
        `${what}: layers must be paths of layers with units that can be removed, got '${layer}'; there are ${[...groups].join(', ') || 'none'} of ${structure.spec.layers.length} layers`,
      );
};

/** The units that can be removed, by ascending score. */
export const candidatesOf = async (
  what: string,
  structure: Structure,
  flat: Float32Array,
  criterion: Criterion,
  { scope = 'global', layers }: RankingOptions,
  signal?: AbortSignal,
): Promise<readonly Candidate[]> => {
  if (scope !== 'global' && scope !== 'layer')
    throw new RangeError(`${what}: scope must be 'global' or 'layer', got ${JSON.stringify(scope)}`);
  const { spec, extensions, network } = structure;
  let field: Field | undefined;
  try {
    const scores = await criterion.scores({
      structure,
      flat,
      field: () => (field ??= fieldOf(spec, extensions, network.layout, flat)),
      signal,
    });
    const all = [...ownersOf(structure)].flatMap(([unit, owners]): Candidate[] => {
      if (unitProblem(structure, unit, owners) !== undefined) return [];
      const group = [...new Set(owners.map(([path]) => path))].join(' ');
      return [{ unit, group, score: scores.get(unit) ?? 0 }];
    });
    const groups = new Set(all.map(({ group }) => group));
    if (layers) assertLayers(what, structure, layers, groups);
    const wanted = layers ? all.filter(({ group }) => group.split(' ').some(path => layers.includes(path))) : all;
    const means = new Map(
      [...groups].map(group => {
        const own = wanted.filter(candidate => candidate.group === group);
        return [group, own.reduce((sum, { score }) => sum + score, 0) / own.length || 1] as const;
      }),
    );
    const value = ({ group, score }: Candidate): number =>
      scope === 'layer' ? score : score / (means.get(group) ?? 1);
    return wanted.map(candidate => ({ ...candidate, score: value(candidate) })).sort((a, b) => a.score - b.score);
  } finally {
    field?.dispose();
  }
};

/**
 * The units of a field that can be removed, those that matter least first.
 *
 *     const [weakest] = await rankUnits(field, outgoingNorm());
 *     const { field: smaller } = await removeUnits(field, weakest.selection);
 *
 * @throws RangeError or TypeError when the criterion does not suit the field, or a layer has no units to remove
 */
export const rankUnits = async (
  field: Field,
  criterion: Criterion,
  options: RankingOptions = {},
): Promise<readonly RankedUnit[]> => {
  assertOptions('rankUnits', options, { scope: 1, layers: 1 });
  const structure = structureOf(field.spec, field.extensions);
  const owners = ownersOf(structure);
  const candidates = await candidatesOf('rankUnits', structure, await readParameters(field), criterion, options);
  return candidates.map(({ unit, score }) => {
    const [[layer, index]] = owners.get(unit) as readonly [readonly [string, number]];
    return { layer, index, score, selection: selectionOf(structure, new Set([unit])) };
  });
};
