import type { LayerSpec } from '@neural-fields/core';
import { blocksAlong, type GridLevel, type LayerDefinition } from '@neural-fields/core/layers';
import { assertOptions } from '@neural-fields/core/options';
import { assertBlockSize, blockIndices } from './block-sets.ts';
import {
  assertResolution,
  assertTable,
  assertTableSize,
  TABLE_OPTIONS,
  type TableLevels,
  type TableOptions,
  type TableSpec,
  tableLayer,
  tableSpec,
} from './grid-table.ts';

/** The options of {@link sparseVoxelGrid}. */
export interface SparseVoxelGridOptions extends TableOptions {
  /** The number of cells along each axis of [-1, 1]^d. */
  readonly resolution: number;
  /** The number of vertices of a block along each axis, a power of two up to 64; 8 if absent. */
  readonly blockSize?: number;
  /** The blocks that have rows, from {@link blocksAt}. */
  readonly blocks: string;
}

export interface SparseVoxelGridSpec extends LayerSpec, TableSpec {
  readonly kind: 'sparse-voxel-grid';
  readonly resolution: number;
  readonly blockSize: number;
  readonly blocks: string;
}

const KIND = 'sparse-voxel-grid';

const levelsOfBlocks = (
  { resolution, blockSize, blocks, features }: SparseVoxelGridSpec,
  axes: number,
): TableLevels => {
  const count = blocksAlong(resolution, Math.log2(blockSize)) ** axes;
  const own = blockIndices(`${KIND}: blocks`, blocks, count);
  const rows = 1 + own.length * blockSize ** axes;
  assertTableSize(KIND, { rows, features });
  const firstRows = new Int32Array(count);
  for (const [index, block] of own.entries()) firstRows[block] = 1 + index * blockSize ** axes;
  const level: GridLevel = {
    resolution,
    firstRow: 0,
    rows,
    hashed: false,
    blocks: { log2Size: Math.log2(blockSize), firstRows },
  };
  return { levels: [level], rows };
};

/** The blocks of a spec with so many axes, made once: a spec is evaluated many times. */
const known = new WeakMap<SparseVoxelGridSpec, Map<number, TableLevels>>();

const levels = (spec: SparseVoxelGridSpec, axes: number): TableLevels => {
  const ofSpec = known.get(spec) ?? new Map<number, TableLevels>();
  known.set(spec, ofSpec);
  const found = ofSpec.get(axes) ?? levelsOfBlocks(spec, axes);
  ofSpec.set(axes, found);
  return found;
};

const assertOwn = (spec: SparseVoxelGridSpec): void => {
  assertResolution(`${KIND}: resolution`, spec.resolution);
  assertBlockSize(`${KIND}: blockSize`, spec.blockSize);
  assertTable(KIND, spec);
  if (typeof spec.blocks !== 'string')
    throw new TypeError(`${KIND}: blocks must be a string of blocksAt, got ${JSON.stringify(spec.blocks)}`);
};

/**
 * The layer definition of {@link sparseVoxelGrid}. Its parameter is `table` f32[1 + blocks blockSize^d, features], of
 * the group `table`.
 */
export const sparseVoxelGridLayer: LayerDefinition<SparseVoxelGridSpec> = tableLayer(KIND, assertOwn, levels);

/**
 * A grid of features over [-1, 1]^d of which only some blocks of blockSize^d vertices have rows of their own, as in Liu
 * et al. 2020, arXiv:2007.11571, section 3.1: memory goes where the signal is. A vertex finds its row by one lookup in
 * a directory of blocks. All vertices outside of the blocks share row 0, the learned features of empty space: there
 * the features are constant, and at its boundary they are as continuous as elsewhere. Interpolation and derivatives
 * are those of {@link denseGrid}.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const sparseVoxelGrid = (options: SparseVoxelGridOptions): SparseVoxelGridSpec => {
  assertOptions('sparseVoxelGrid', options, { resolution: 1, blockSize: 1, blocks: 1, ...TABLE_OPTIONS });
  const { resolution, blockSize = 8, blocks } = options;
  const spec: SparseVoxelGridSpec = { kind: KIND, resolution, blockSize, blocks, ...tableSpec(options) };
  assertOwn(spec);
  return spec;
};
