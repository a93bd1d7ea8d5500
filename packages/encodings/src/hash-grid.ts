import type { LayerSpec } from '@neural-fields/core';
import type { LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
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

/** The options of {@link hashGrid}. With more than one level, it needs one of `growth` and `finestResolution`. */
export interface HashGridOptions extends LevelOptions, TableOptions {
  /** The binary logarithm of T, the maximum number of rows of a level; 19 if absent, 24 for images in the paper. */
  readonly log2HashmapSize?: number;
}

export interface HashGridSpec extends LayerSpec, LevelsSpec, TableSpec {
  readonly kind: 'hash-grid';
  readonly log2HashmapSize: number;
}

const KIND = 'hash-grid';

/** The paper's largest is 24. */
const MAX_LOG2 = 28;

const levels = (spec: HashGridSpec, axes: number): TableLevels =>
  levelsOf(KIND, resolutionsOf(spec), { axes, features: spec.features, maxRows: 2 ** spec.log2HashmapSize });

const assertOwn = (spec: HashGridSpec): void => {
  assertLevels(KIND, spec);
  assertTable(KIND, spec);
  assertCount(`${KIND}: log2HashmapSize`, spec.log2HashmapSize);
  if (spec.log2HashmapSize > MAX_LOG2)
    throw new RangeError(`${KIND}: log2HashmapSize must be at most ${MAX_LOG2}, got ${spec.log2HashmapSize}`);
};

/** The layer definition of {@link hashGrid}. Its parameter is `table` f32[rows, features], of the group `table`. */
export const hashGridLayer: LayerDefinition<HashGridSpec> = {
  ...tableLayer(KIND, assertOwn, levels),
  keepUnits: keepLevels,
};

/**
 * The multi-resolution hash encoding of Instant-NGP: Mueller et al. 2022, arXiv:2201.05989, section 3. It has `levels
 * features` features.
 *
 * Level l is a grid of N_l = floor(N_min b^l) cells along each axis of [-1, 1]^d. Each of its (N_l + 1)^d vertices has
 * a row of F features; the features of a point are interpolated between those of its cell. While the vertices are at
 * most T, each has its own row; beyond that, they share T rows by the spatial hash of equation 4, with collisions left
 * to training. The table starts uniform in [-1e-4, 1e-4].
 *
 * Derivatives with respect to the input are exact for every interpolation. With `linear`, those along one axis are
 * constant within a cell and jump between cells, so second derivatives along one axis are 0: a Laplacian of the field
 * is not what it is of the function that it approximates. Use `smoothstep` where a loss contains second derivatives.
 *
 * tiny-cuda-nn differs in details: the scale of level l is N_min b^l - 1 without the floor, shifted by half a cell, on
 * [0, 1]; its dense levels are padded to multiples of 8 rows.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const hashGrid = (options: HashGridOptions): HashGridSpec => {
  assertOptions('hashGrid', options, { ...LEVEL_OPTIONS, ...TABLE_OPTIONS, log2HashmapSize: 1 });
  const { log2HashmapSize = 19 } = options;
  const spec: HashGridSpec = { kind: KIND, ...levelsSpec(options), log2HashmapSize, ...tableSpec(options) };
  assertOwn(spec);
  return spec;
};
