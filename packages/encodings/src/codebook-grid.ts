/** @file Grids whose vertices share the rows of a learned codebook, as they are trained. */
import type { LayerSpec } from '@neural-fields/core';
import { type GridLevel, grid, type LayerContext, type LayerDefinition, type Signal } from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import {
  argMax,
  concat,
  customGrad,
  matMul,
  oneHot,
  slice,
  softmax,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  assertTable,
  assertTableSize,
  levelsOf,
  TABLE_OPTIONS,
  type TableOptions,
  type TableSpec,
  tableSpec,
} from './grid-table.ts';
import {
  assertLevels,
  LEVEL_OPTIONS,
  type LevelOptions,
  type LevelsSpec,
  levelsSpec,
  resolutionsOf,
} from './resolutions.ts';

/** How a vertex chooses a row of the codebook during training. */
export type CodebookAssignment = 'straight-through' | 'soft';

/** The options of {@link codebookGrid}; with more than one level, one of `growth` and `finestResolution`. */
export interface CodebookGridOptions extends LevelOptions, TableOptions {
  /** The number of levels. */
  readonly levels: number;
  /** b, the bits of an index: a level's codebook has 2^b rows. From 1 to 8; 6 if absent. */
  readonly bits?: number;
  /** `straight-through` if absent. */
  readonly assignment?: CodebookAssignment;
}

export interface CodebookGridSpec extends LayerSpec, LevelsSpec, TableSpec {
  readonly kind: 'codebook-grid';
  readonly bits: number;
  readonly assignment: CodebookAssignment;
}

export const CODEBOOK_GRID = 'codebook-grid';

const ASSIGNMENTS: readonly CodebookAssignment[] = ['straight-through', 'soft'];

/** The paper uses 4, 6 and 8: Takikawa et al. 2022, section 4. */
const DEFAULT_BITS = 6;
const MAX_BITS = 8;

/** @throws RangeError when it is not a number of bits of an index */
export const assertBits = (what: string, value: unknown): void => {
  assertCount(what, value);
  if ((value as number) > MAX_BITS) throw new RangeError(`${what} must be at most ${MAX_BITS}, got ${String(value)}`);
};

/** The levels of a grid with codebooks, one row for each vertex, and the number of vertices. */
export const codebookLevels = (
  kind: string,
  spec: LevelsSpec & Pick<TableSpec, 'features'>,
  axes: number,
): { readonly levels: readonly GridLevel[]; readonly rows: number } =>
  levelsOf(kind, resolutionsOf(spec), { axes, features: spec.features });

const assertOwn = (spec: CodebookGridSpec): void => {
  assertLevels(CODEBOOK_GRID, spec);
  assertTable(CODEBOOK_GRID, spec);
  assertBits(`${CODEBOOK_GRID}: bits`, spec.bits);
  if (!ASSIGNMENTS.includes(spec.assignment))
    throw new RangeError(
      `${CODEBOOK_GRID}: assignment must be one of ${ASSIGNMENTS.join(', ')}, got ${JSON.stringify(spec.assignment)}`,
    );
};

const vertices = (spec: CodebookGridSpec, axes: number): ReturnType<typeof codebookLevels> => {
  const found = codebookLevels(CODEBOOK_GRID, spec, axes);
  assertTableSize(CODEBOOK_GRID, { rows: found.rows, features: 2 ** spec.bits });
  return found;
};

/** One at the largest value of each row and 0 elsewhere, with the gradient of the identity. */
const hardened = (soft: Tensor2D): Tensor2D => {
  const run = customGrad(given => ({
    value: oneHot(argMax(given as Tensor2D, 1), soft.shape[1], 1, 0, 'float32'),
    gradFunc: (upstream: Tensor) => upstream,
  }));
  return run(soft) as Tensor2D;
};

/** The features of all vertices `f32[rows, features]`. */
const tableOf = (
  logits: Tensor,
  codebook: Tensor,
  levels: readonly GridLevel[],
  { bits, assignment }: CodebookGridSpec,
): Tensor2D => {
  const count = 2 ** bits;
  const parts = levels.map(({ firstRow, rows }, l) => {
    const soft = softmax(slice(logits, [firstRow, 0], [rows, count])) as Tensor2D;
    const weights = assignment === 'soft' ? soft : hardened(soft);
    return matMul(weights, slice(codebook, [l * count, 0], [count, -1])) as Tensor2D;
  });
  return parts.length === 1 ? (parts[0] as Tensor2D) : concat(parts, 0);
};

const apply = (input: Signal, { spec, parameter, computed }: LayerContext<CodebookGridSpec>): Signal => {
  const { bits, features, interpolation, initialBound } = spec;
  const { levels, rows } = vertices(spec, input.features);
  const count = 2 ** bits;
  const logits = parameter('logits', {
    shape: [rows, count],
    group: 'table',
    initialise: rng => Float32Array.from({ length: rows * count }, () => rng.normal()),
  });
  const codebook = parameter('codebook', {
    shape: [levels.length * count, features],
    group: 'table',
    initialise: rng =>
      Float32Array.from({ length: levels.length * count * features }, () => initialBound * (2 * rng.uniform() - 1)),
  });
  const table = computed([rows, features], [logits, codebook], ([ownLogits, ownCodebook]) =>
    tableOf(ownLogits as Tensor, ownCodebook as Tensor, levels, spec),
  );
  return grid(input, table, levels, { interpolation });
};

/**
 * The layer definition of {@link codebookGrid}. Its parameters, of the group `table`, are `logits` f32[vertices, 2^b]
 * and `codebook` f32[levels 2^b, features].
 */
export const codebookGridLayer: LayerDefinition<CodebookGridSpec> = {
  kind: CODEBOOK_GRID,
  assertSpec(spec, { inFeatures }) {
    assertOwn(spec);
    vertices(spec, inFeatures);
  },
  apply,
};

/**
 * Dense grids of several resolutions over [-1, 1]^d whose vertices choose their features from a learned codebook D of
 * 2^b rows for each level (Takikawa et al. 2022, arXiv:2206.07707, section 3.2). Vertex v has the features
 *
 *     soft: softmax(C_v) D      straight-through: D at argmax C_v, with the gradients of C of the soft ones
 *
 * and a field trained in this form is made small by `packCodebooks`, which leaves an index of b bits for each vertex.
 * While it is trained, it has 2^b numbers for each vertex: it takes more memory than a table, not less. Interpolation
 * and derivatives are those of `denseGrid`, and so are the kernels.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const codebookGrid = (options: CodebookGridOptions): CodebookGridSpec => {
  assertOptions('codebookGrid', options, { ...LEVEL_OPTIONS, ...TABLE_OPTIONS, bits: 1, assignment: 1 });
  const { bits = DEFAULT_BITS, assignment = 'straight-through' } = options;
  const spec: CodebookGridSpec = {
    kind: CODEBOOK_GRID,
    ...levelsSpec(options),
    ...tableSpec(options),
    bits,
    assignment,
  };
  assertOwn(spec);
  return spec;
};
