/** @file Grids with codebooks as they are saved: an index of b bits for each vertex. */
import type { FieldData, FieldSpec, LayerSpec } from '@neural-fields/core';

import { constantArray, type GridInterpolation, grid, type LayerDefinition } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import { assertBits, CODEBOOK_GRID, type CodebookGridSpec, codebookLevels } from './codebook-grid.ts';
import { assertTable, type TableLevels } from './grid-table.ts';
import { decodeFloats, decodeIntegers, encodeFloats, encodeIntegers } from './packed-text.ts';
import {
  assertLevels,
  LEVEL_OPTIONS,
  type LevelOptions,
  type LevelsSpec,
  levelsSpec,
  resolutionsOf,
} from './resolutions.ts';

/** The options of {@link packedCodebookGrid}; with more than one level, one of `growth` and `finestResolution`. */
export interface PackedCodebookGridOptions extends LevelOptions {
  /** The number of levels. */
  readonly levels: number;
  /** The features F of each vertex. */
  readonly features: number;
  /** b, the bits of an index, from 1 to 8. */
  readonly bits: number;
  /** `linear` if absent. */
  readonly interpolation?: GridInterpolation;
  /** The row of its level's codebook for each vertex, level by level. */
  readonly indices: ArrayLike<number>;
  /** `[levels 2^b, features]`, row-major. */
  readonly codebook: ArrayLike<number>;
}

export interface PackedCodebookGridSpec extends LayerSpec, LevelsSpec {
  readonly kind: 'packed-codebook-grid';
  readonly features: number;
  readonly interpolation: GridInterpolation;
  readonly bits: number;
  /** Base64 of b bits for each vertex. */
  readonly indices: string;
  /** Base64 of float32. */
  readonly codebook: string;
}

const KIND = 'packed-codebook-grid';

const assertOwn = (spec: PackedCodebookGridSpec): void => {
  assertLevels(KIND, spec);
  assertTable(KIND, { ...spec, initialBound: 1 });
  assertBits(`${KIND}: bits`, spec.bits);
  decodeFloats(`${KIND}: codebook`, spec.codebook, resolutionsOf(spec).length * 2 ** spec.bits * spec.features);
};

const indicesOf = (spec: PackedCodebookGridSpec, rows: number): Uint32Array =>
  decodeIntegers(`${KIND}: indices`, spec.indices, rows, spec.bits);

/** The features of all vertices `f32[rows, features]`. */
const expanded = (spec: PackedCodebookGridSpec, { levels, rows }: TableLevels): Float32Array => {
  const { features, bits } = spec;
  const codebook = decodeFloats(`${KIND}: codebook`, spec.codebook, levels.length * 2 ** bits * features);
  const indices = indicesOf(spec, rows);
  const table = new Float32Array(rows * features);
  for (const [l, { firstRow, rows: own }] of levels.entries())
    for (let row = firstRow; row < firstRow + own; row++) {
      const start = ((l << bits) + (indices[row] as number)) * features;
      table.set(codebook.subarray(start, start + features), row * features);
    }
  return table;
};

/** The layer definition of {@link packedCodebookGrid}. It has no parameters. */
export const packedCodebookGridLayer: LayerDefinition<PackedCodebookGridSpec> = {
  kind: KIND,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    indicesOf(spec, codebookLevels(KIND, spec, inFeatures).rows);
  },
  apply(input, { spec }) {
    const found = codebookLevels(KIND, spec, input.features);
    const table = constantArray([found.rows, spec.features], () => expanded(spec, found));
    return grid(input, table, found.levels, { interpolation: spec.interpolation });
  },
};

/**
 * The saved form of `codebookGrid`: b bits for each vertex, and the codebooks, all of them constants of the spec. The
 * table is made when the field is first evaluated, and is looked up by the kernels of `denseGrid`.
 *
 * @throws RangeError or TypeError when an option is out of its range, or an index no row of a codebook
 */
export const packedCodebookGrid = (options: PackedCodebookGridOptions): PackedCodebookGridSpec => {
  const own = { features: 1, bits: 1, interpolation: 1, indices: 1, codebook: 1 } as const;
  assertOptions('packedCodebookGrid', options, { ...LEVEL_OPTIONS, ...own });
  const { features, bits, interpolation = 'linear', indices, codebook } = options;
  assertBits(`${KIND}: bits`, bits);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (!(Number.isInteger(index) && index >= 0 && index < 2 ** bits))
      throw new RangeError(`${KIND}: indices must be integers from 0 to ${2 ** bits - 1}, got ${index} at ${i}`);
  }
  const spec: PackedCodebookGridSpec = {
    kind: KIND,
    ...levelsSpec(options),
    features,
    interpolation,
    bits,
    indices: encodeIntegers(indices, bits),
    codebook: encodeFloats(codebook),
  };
  assertOwn(spec);
  return spec;
};

const largestOf = (row: Float32Array): number =>
  row.reduce((best, value, i) => (value > (row[best] as number) ? i : best), 0);

const packedSpec = (spec: CodebookGridSpec, logits: Float32Array, codebook: Float32Array): LayerSpec => {
  const { kind: _, initialBound: __, assignment: ___, ...shared } = spec;
  const count = 2 ** spec.bits;
  const indices = Array.from({ length: logits.length / count }, (_, v) =>
    largestOf(logits.subarray(v * count, (v + 1) * count)),
  );
  return {
    ...shared,
    kind: KIND,
    indices: encodeIntegers(indices, spec.bits),
    codebook: encodeFloats(codebook),
  } as PackedCodebookGridSpec;
};

/**
 * A field with the saved form of each of its `codebookGrid` layers: its logits become indices of b bits, its codebooks
 * are frozen, and all other parameters stay. The values are those of the straight-through field; those of a soft one
 * change.
 *
 *     const small = encodeFieldData(packCodebooks(await readField(field)), { extensions });
 *
 * @throws RangeError when the field has no such layer, or parameters of it are missing
 */
export const packCodebooks = ({ spec, parameters }: FieldData): FieldData => {
  const left = new Map(parameters);
  let count = 0;
  const take = (name: string): Float32Array => {
    const found = left.get(name);
    if (found === undefined) throw new RangeError(`packCodebooks: the parameter '${name}' is missing`);
    left.delete(name);
    return found.data;
  };
  const rewrite = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if ((value as Partial<LayerSpec>).kind === CODEBOOK_GRID) {
      count++;
      return packedSpec(value as CodebookGridSpec, take(`${path}.logits`), take(`${path}.codebook`));
    }
    if (Array.isArray(value)) return value.map((inner, i) => rewrite(inner, `${path}.${i}`));
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, rewrite(inner, path === '' ? key : `${path}.${key}`)]),
    );
  };
  const packed = rewrite(spec, '') as FieldSpec;
  if (count === 0) throw new RangeError(`packCodebooks: the field must have a layer '${CODEBOOK_GRID}', it has none`);
  return { spec: packed, parameters: left };
};
