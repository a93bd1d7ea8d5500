import type { LayerSpec } from '@neural-fields/core';
import { columns, type LayerDefinition, product } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import { assertCombination, type Combination, combine } from './combine.ts';
import {
  assertResolution,
  assertTable,
  levelsOf,
  lookUp,
  TABLE_OPTIONS,
  type TableOptions,
  type TableSpec,
  tableSpec,
} from './grid-table.ts';

/** The options of {@link vectorMatrix}. */
export interface VectorMatrixOptions extends TableOptions {
  /** The number of cells along each axis. */
  readonly resolution: number;
  /** The number R of components for each of the three directions; 16 if absent. */
  readonly features?: number;
  /** Whether the components of the three directions are concatenated, or added; `concat` if absent. */
  readonly combination?: Exclude<Combination, 'product'>;
  /** The initial values are uniform in [-initialBound, initialBound]; 0.17 if absent. */
  readonly initialBound?: number;
}

export interface VectorMatrixSpec extends LayerSpec, TableSpec {
  readonly kind: 'vector-matrix';
  readonly resolution: number;
  readonly combination: Exclude<Combination, 'product'>;
}

const KIND = 'vector-matrix';

/** The standard deviation 0.1 of the code of TensoRF, as the bound of a uniform distribution: 0.1 sqrt(3). */
const INITIAL_BOUND = 0.17;

/** The axis of the vector, and those of the matrix. */
const DIRECTIONS = [
  { vector: [0], matrix: [1, 2] },
  { vector: [1], matrix: [0, 2] },
  { vector: [2], matrix: [0, 1] },
] as const;

const assertOwn = (spec: VectorMatrixSpec): void => {
  assertResolution(`${KIND}: resolution`, spec.resolution);
  assertTable(KIND, spec);
  assertCombination(`${KIND}: combination`, spec.combination, ['concat', 'sum']);
};

/**
 * The layer definition of {@link vectorMatrix}. Its parameters are `vectors.0`, `matrices.0` and so on, each f32[rows,
 * features], of the group `table`.
 */
export const vectorMatrixLayer: LayerDefinition<VectorMatrixSpec> = {
  kind: KIND,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    if (inFeatures !== 3) throw new RangeError(`${KIND}: the input must have 3 features, got ${inFeatures}`);
  },
  apply(input, context) {
    const { spec } = context;
    const look = (axes: readonly number[], role: string) => {
      const table = levelsOf(KIND, [spec.resolution], { axes: axes.length, features: spec.features });
      return lookUp(columns(input, axes), context, { ...spec, ...table, role });
    };
    const components = DIRECTIONS.map(({ vector, matrix }, index) =>
      product(look(vector, `vectors.${index}`), look(matrix, `matrices.${index}`)),
    );
    return combine(components, spec.combination);
  },
};

/**
 * The vector-matrix decomposition of a grid in space: for each axis, R products of a vector along it and a matrix over
 * the two others, both interpolated. Chen et al. 2022, "TensoRF", arXiv:2203.09517, equation 3; its matrix B is the
 * dense layer that follows. It has 3 R features, or R where the directions are added.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const vectorMatrix = (options: VectorMatrixOptions): VectorMatrixSpec => {
  assertOptions('vectorMatrix', options, { ...TABLE_OPTIONS, resolution: 1, combination: 1 });
  const { resolution, combination = 'concat' } = options;
  const table = tableSpec({ features: 16, initialBound: INITIAL_BOUND, ...options });
  const spec: VectorMatrixSpec = { kind: KIND, resolution, ...table, combination };
  assertOwn(spec);
  return spec;
};
