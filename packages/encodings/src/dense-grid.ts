import type { LayerSpec } from '@neural-fields/core';
import type { LayerDefinition } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import {
  assertResolution,
  assertTable,
  levelsOf,
  TABLE_OPTIONS,
  type TableLevels,
  type TableOptions,
  type TableSpec,
  tableLayer,
  tableSpec,
} from './grid-table.ts';

/** The options of {@link denseGrid}. */
export interface DenseGridOptions extends TableOptions {
  /** The number of cells along each axis of [-1, 1]^d. */
  readonly resolution: number;
}

export interface DenseGridSpec extends LayerSpec, TableSpec {
  readonly kind: 'dense-grid';
  readonly resolution: number;
}

const KIND = 'dense-grid';

const levels = ({ resolution, features }: DenseGridSpec, axes: number): TableLevels =>
  levelsOf(KIND, [resolution], { axes, features });

const assertOwn = (spec: DenseGridSpec): void => {
  assertResolution(`${KIND}: resolution`, spec.resolution);
  assertTable(KIND, spec);
};

/** The layer definition of {@link denseGrid}. Its parameter is `table` f32[rows, features], of the group `table`. */
export const denseGridLayer: LayerDefinition<DenseGridSpec> = tableLayer(KIND, assertOwn, levels);

/**
 * A regular grid of features over [-1, 1]^d, interpolated: each of the (resolution + 1)^d vertices has its own row. Row
 * sum_k i_k (resolution + 1)^k belongs to vertex (i_0, i_1, ...). Derivatives are those of {@link hashGrid}.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const denseGrid = (options: DenseGridOptions): DenseGridSpec => {
  assertOptions('denseGrid', options, { resolution: 1, ...TABLE_OPTIONS });
  const spec: DenseGridSpec = { kind: KIND, resolution: options.resolution, ...tableSpec(options) };
  assertOwn(spec);
  return spec;
};
