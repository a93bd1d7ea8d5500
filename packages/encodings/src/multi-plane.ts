import type { LayerSpec } from '@neural-fields/core';
import { columns, type LayerDefinition } from '@neural-fields/core/layers';
import { assertFinite, assertOptions } from '@neural-fields/core/options';
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

/** The options of {@link multiPlane}. */
export interface MultiPlaneOptions extends TableOptions {
  /** The number of cells along both axes of each plane. */
  readonly resolution: number;
  /** How the features of the planes are combined; `sum` if absent. */
  readonly combination?: Combination;
  /** The pairs of axes, e.g. `[[0, 1], [0, 2], [1, 2]]`; all pairs if absent. */
  readonly planes?: readonly (readonly [number, number])[];
  /** The centre of the initial values; 0.3 for a product if absent, else 0. */
  readonly initialCentre?: number;
  /** The initial values are uniform within this distance of their centre; 0.2 for a product if absent, else 1e-4. */
  readonly initialBound?: number;
}

export interface MultiPlaneSpec extends LayerSpec, TableSpec {
  readonly kind: 'multi-plane';
  readonly resolution: number;
  readonly combination: Combination;
  readonly planes?: readonly (readonly [number, number])[];
  readonly initialCentre: number;
}

const KIND = 'multi-plane';
const COMBINATIONS: readonly Combination[] = ['sum', 'product', 'concat'];

/** Values around 0 would have hardly any gradient in a product: the uniform [0.1, 0.5] of the code of K-Planes. */
const PRODUCT_START = { initialCentre: 0.3, initialBound: 0.2 };

const allPairs = (axes: number): (readonly [number, number])[] =>
  Array.from({ length: axes }, (_, i) =>
    Array.from({ length: axes - i - 1 }, (_, j) => [i, i + j + 1] as const),
  ).flat();

const assertOwn = (spec: MultiPlaneSpec): void => {
  assertResolution(`${KIND}: resolution`, spec.resolution);
  assertTable(KIND, spec);
  assertCombination(`${KIND}: combination`, spec.combination, COMBINATIONS);
  assertFinite(`${KIND}: initialCentre`, spec.initialCentre);
};

const assertPlanes = (planes: readonly (readonly [number, number])[], axes: number): void => {
  if (!Array.isArray(planes) || planes.length === 0)
    throw new TypeError(`${KIND}: planes must be a list of at least one pair of axes, got ${JSON.stringify(planes)}`);
  for (const plane of planes) {
    const isPair = Array.isArray(plane) && plane.length === 2 && plane[0] !== plane[1];
    if (!(isPair && plane.every(axis => Number.isInteger(axis) && axis >= 0 && axis < axes)))
      throw new RangeError(
        `${KIND}: planes must be pairs of different axes from 0 to ${axes - 1}, got ${JSON.stringify(plane)}`,
      );
  }
};

/**
 * The layer definition of {@link multiPlane}. Its parameters are `planes.0`, `planes.1` and so on, each f32[rows,
 * features], of the group `table`.
 */
export const multiPlaneLayer: LayerDefinition<MultiPlaneSpec> = {
  kind: KIND,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    if (inFeatures < 2) throw new RangeError(`${KIND}: the input must have at least 2 features, got ${inFeatures}`);
    assertPlanes(spec.planes ?? allPairs(inFeatures), inFeatures);
  },
  apply(input, context) {
    const { spec } = context;
    const table = levelsOf(KIND, [spec.resolution], { axes: 2, features: spec.features });
    const features = (spec.planes ?? allPairs(input.features)).map((plane, index) =>
      lookUp(columns(input, plane), context, { ...spec, ...table, role: `planes.${index}` }),
    );
    return combine(features, spec.combination);
  },
};

/**
 * Grids on planes of two axes each, onto which a point is projected. With three axes and a sum, the tri-plane of Chan
 * et al. 2022, arXiv:2112.07945; with a product, the planes of Fridovich-Keil et al. 2023, "K-Planes",
 * arXiv:2301.10241, for any number of axes. A plane takes resolution^2 memory, where a dense grid takes resolution^d.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const multiPlane = (options: MultiPlaneOptions): MultiPlaneSpec => {
  assertOptions('multiPlane', options, {
    ...TABLE_OPTIONS,
    resolution: 1,
    combination: 1,
    planes: 1,
    initialCentre: 1,
  });
  const { resolution, combination = 'sum', planes } = options;
  const { initialCentre, ...start } =
    combination === 'product' ? { ...PRODUCT_START, ...options } : { initialCentre: 0, ...options };
  const spec: MultiPlaneSpec = {
    kind: KIND,
    resolution,
    ...tableSpec(start),
    initialCentre,
    combination,
    ...(planes && { planes }),
  };
  assertOwn(spec);
  return spec;
};
