/** @file What the encodings with grids share: their options, resolutions, levels and tables. */

import type { LayerSpec } from '@neural-fields/core';
import {
  GRID_INTERPOLATIONS,
  type GridInterpolation,
  type GridLevel,
  grid,
  type LayerContext,
  type LayerDefinition,
  type Signal,
} from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';

/** The options of every table of features at grid vertices. */
export interface TableOptions {
  /** The features F of each vertex; 2 if absent. */
  readonly features?: number;
  /** `linear` if absent. Second derivatives along one axis need `smoothstep`: those of `linear` are 0. */
  readonly interpolation?: GridInterpolation;
  /** The table's initial values are uniform in [-initialBound, initialBound]; 1e-4 if absent. */
  readonly initialBound?: number;
}

/** The table's part of a spec. */
export type TableSpec = Required<TableOptions>;

/** Mueller et al. 2022, section 4, "Initialization". */
const INITIAL_BOUND = 1e-4;

/** For `assertOptions`. */
export const TABLE_OPTIONS = { features: 1, interpolation: 1, initialBound: 1 } as const;

export const tableSpec = ({
  features = 2,
  interpolation = 'linear',
  initialBound = INITIAL_BOUND,
}: TableOptions): TableSpec => ({ features, interpolation, initialBound });

export const assertTable = (kind: string, { features, interpolation, initialBound }: TableSpec): void => {
  assertCount(`${kind}: features`, features);
  if (!GRID_INTERPOLATIONS.includes(interpolation))
    throw new RangeError(
      `${kind}: interpolation must be one of ${GRID_INTERPOLATIONS.join(', ')}, got ${JSON.stringify(interpolation)}`,
    );
  assertPositive(`${kind}: initialBound`, initialBound);
};

/** In float32, positions in the cells of a finer grid would have fewer than four bits. */
const MAX_RESOLUTION = 2 ** 20;

/** @throws RangeError when it is not a number of cells */
export const assertResolution = (what: string, value: unknown): void => {
  assertCount(what, value);
  if ((value as number) > MAX_RESOLUTION)
    throw new RangeError(`${what} must be at most ${MAX_RESOLUTION}, got ${value}`);
};

/** Kernels address the bytes of a table with 32 bits. */
const MAX_TABLE_VALUES = 2 ** 30 - 1;

/** The levels of a table, and its number of rows. */
export interface TableLevels {
  readonly levels: readonly GridLevel[];
  readonly rows: number;
}

/**
 * The levels of a table, one after the other, and its number of rows.
 *
 * @param maxRows a level with more vertices is hashed to so many rows; none is if absent
 * @throws RangeError when the table would be too large
 */
export const levelsOf = (
  kind: string,
  resolutions: readonly number[],
  { axes, features, maxRows = Number.POSITIVE_INFINITY }: { axes: number; features: number; maxRows?: number },
): TableLevels => {
  let rows = 0;
  const levels = resolutions.map((resolution): GridLevel => {
    const vertices = (resolution + 1) ** axes;
    const level = { resolution, firstRow: rows, rows: Math.min(vertices, maxRows), hashed: vertices > maxRows };
    rows += level.rows;
    return level;
  });
  assertTableSize(kind, { rows, features });
  return { levels, rows };
};

/** @throws RangeError when a table would be too large */
export const assertTableSize = (
  kind: string,
  { rows, features }: { readonly rows: number; readonly features: number },
): void => {
  if (rows * features > MAX_TABLE_VALUES)
    throw new RangeError(
      `${kind}: the table must have at most ${MAX_TABLE_VALUES} values, got ${rows} rows of ${features}`,
    );
};

/** A table and its levels. */
interface Lookup extends TableSpec, TableLevels {
  /** The role of its parameter; `table` if absent. */
  readonly role?: string;
  /** The centre of the initial values; 0 if absent. */
  readonly initialCentre?: number;
}

/** Looks up a learned table: a parameter `f32[rows, features]` of the group `table`. */
export const lookUp = (
  input: Signal,
  { parameter }: Pick<LayerContext, 'parameter'>,
  { features, interpolation, initialBound, initialCentre = 0, levels, rows, role = 'table' }: Lookup,
): Signal => {
  const table = parameter(role, {
    shape: [rows, features],
    group: 'table',
    initialise: rng =>
      Float32Array.from({ length: rows * features }, () => initialCentre + initialBound * (2 * rng.uniform() - 1)),
  });
  return grid(input, table, levels, { interpolation });
};

/**
 * The definition of a layer that is one lookup.
 *
 * @param assertOwn checks the options
 * @param levels from the spec and the number of input features
 */
export const tableLayer = <S extends LayerSpec & TableSpec>(
  kind: S['kind'],
  assertOwn: (spec: S) => void,
  levels: (spec: S, axes: number) => TableLevels,
): LayerDefinition<S> => ({
  kind,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    levels(spec, inFeatures);
  },
  apply: (input, context) => lookUp(input, context, { ...context.spec, ...levels(context.spec, input.features) }),
});
