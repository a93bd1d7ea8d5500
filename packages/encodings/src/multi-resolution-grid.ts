import type { LayerSpec } from '@neural-fields/core';
import type { LayerDefinition } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import { assertCombination, type Combination, combine, parts } from './combine.ts';
import {
  assertTable,
  levelsOf,
  TABLE_OPTIONS,
  type TableLevels,
  type TableOptions,
  type TableSpec,
  tableLayer,
  tableSpec,
} from './grid-table.ts';
import {
  assertLevels,
  keepLevels,
  LEVEL_OPTIONS,
  type LevelOptions,
  type LevelsSpec,
  levelsSpec,
  resolutionsOf,
} from './resolutions.ts';

/** The options of {@link multiResolutionGrid}; with more than one level, one of `growth` and `finestResolution`. */
export interface MultiResolutionGridOptions extends LevelOptions, TableOptions {
  /** The number of levels. */
  readonly levels: number;
  /** Whether the features of the levels are concatenated, or added; `concat` if absent. */
  readonly combination?: Exclude<Combination, 'product'>;
}

export interface MultiResolutionGridSpec extends LayerSpec, LevelsSpec, TableSpec {
  readonly kind: 'multi-resolution-grid';
  readonly combination: Exclude<Combination, 'product'>;
}

const KIND = 'multi-resolution-grid';

const levels = (spec: MultiResolutionGridSpec, axes: number): TableLevels =>
  levelsOf(KIND, resolutionsOf(spec), { axes, features: spec.features });

const assertOwn = (spec: MultiResolutionGridSpec): void => {
  assertLevels(KIND, spec);
  assertTable(KIND, spec);
  assertCombination(`${KIND}: combination`, spec.combination, ['concat', 'sum']);
};

const concatenated = tableLayer(KIND, assertOwn, levels);

/**
 * The layer definition of {@link multiResolutionGrid}. Its parameter is `table` f32[rows, features], of the group
 * `table`.
 */
export const multiResolutionGridLayer: LayerDefinition<MultiResolutionGridSpec> = {
  ...concatenated,
  apply(input, context) {
    const { features, combination } = context.spec;
    const all = concatenated.apply(input, context);
    return combination === 'concat' ? all : combine(parts(all, features), combination);
  },
  keepUnits: keepLevels,
};

/**
 * Dense grids of several resolutions over [-1, 1]^d, the finer ones for detail: {@link hashGrid} without the hash, so
 * that every vertex has its own row. The features of the levels are concatenated, as in Mueller et al. 2022,
 * arXiv:2201.05989, section 3, or added, as in Takikawa et al. 2021, arXiv:2101.10994, section 3.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const multiResolutionGrid = (options: MultiResolutionGridOptions): MultiResolutionGridSpec => {
  assertOptions('multiResolutionGrid', options, { ...LEVEL_OPTIONS, ...TABLE_OPTIONS, combination: 1 });
  const { combination = 'concat' } = options;
  const spec: MultiResolutionGridSpec = { kind: KIND, ...levelsSpec(options), ...tableSpec(options), combination };
  assertOwn(spec);
  return spec;
};
