import type { SimdBackend } from '../backend.ts';
import { constants } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import { packedBytes } from '../program/packed-bytes.ts';
import { allocate } from '../wasm/memory.ts';
import { recordBytes, writeRecord } from '../wasm/write-record.ts';

/** What multiplies; its machine may have other kernels than its WebAssembly module, in the same memory. */
type Backend = Pick<SimdBackend, 'kernels' | 'machine'>;

/** A matrix product op(a) op(b), `[m][k]` times `[k][n]`. */
export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** `a` is stored as `[k][m]`. */
  readonly transposeA: boolean;
  /** `b` is stored as `[n][k]`. */
  readonly transposeB: boolean;
}

// Blocks of the three operands, so that memory does not grow with the matrices: together at most 24 MiB.
const BLOCK_M = 512;
const BLOCK_K = 1024;
const BLOCK_N = 2048;
/** Rows that a thread processes at a time, where a machine does not say how many. */
const TILE_ROWS = 32;
/** Below this number of multiplications, waking the other threads takes longer than the work. */
const MIN_PARALLEL_MULTIPLICATIONS = 500_000;

/** Copies `[rows][columns]` from `source`, where rows are `stride` apart and the first begins at `start`. */
const gather = (
  target: Float32Array,
  source: Float32Array,
  start: number,
  [rows, columns, stride]: readonly [number, number, number],
): void => {
  if (columns === stride) {
    target.set(source.subarray(start, start + rows * columns));
    return;
  }
  for (let row = 0; row < rows; row++) {
    const from = start + row * stride;
    target.set(source.subarray(from, from + columns), row * columns);
  }
};

/**
 * Copies or adds `[rows][columns]` from `block`, where rows are `stride` apart, to `target`, where they are `n` apart.
 */
const scatter = (
  target: Float32Array,
  block: Float32Array,
  start: number,
  [rows, columns, stride, n]: readonly [number, number, number, number],
  adds: boolean,
): void => {
  if (!adds && columns === stride && columns === n) {
    target.set(block.subarray(0, rows * columns), start);
    return;
  }
  for (let row = 0; row < rows; row++) {
    const to = start + row * n;
    const from = row * stride;
    if (adds)
      for (let j = 0; j < columns; j++) target[to + j] = (target[to + j] as number) + (block[from + j] as number);
    else target.set(block.subarray(from, from + columns), to);
  }
};

/** The length of a side with zeros up to whole panels. */
export const paddedLength = (length: number, { layout: { panel } }: Machine): number =>
  panel * Math.ceil(length / panel);

/** A product in the memory of a machine: rows `[rows][depth]` times a packed matrix `[depth][columns]`. */
export interface RowsTimesMatrix {
  /** Addresses of the operands, and of the result `[rows][columns]` with rows padded to whole panels. */
  readonly a: number;
  readonly packed: number;
  readonly c: number;
  /** A multiple of 4. */
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

/** Multiplies in the memory of a machine; to be called in a scope of its arena, which keeps the record of the job. */
export const rowsTimesMatrix = ({ arena, pool, layout }: Machine): ((product: RowsTimesMatrix) => void) => {
  const job = arena.take(recordBytes('ProductJob'));
  const { panel, productRows = TILE_ROWS } = layout;
  return ({ a, packed, c, rows, depth, columns }) => {
    const threads = rows * columns * depth < MIN_PARALLEL_MULTIPLICATIONS ? 1 : pool.count;
    const panelCount = Math.ceil(columns / panel);
    writeRecord(arena, 'ProductJob', job, {
      a,
      strideA: depth,
      rows,
      k: depth,
      panels: packed,
      panelCount,
      c,
      strideC: panelCount * panel,
      tileRows: Math.min(productRows, TILE_ROWS * Math.ceil(rows / threads / TILE_ROWS)),
    });
    pool.run(constants.JOB_PRODUCT, job, threads);
  };
};

/** Reads the operands of a blocked product and writes its result. */
export interface BlockedOperands {
  /** Copies rows `row ...` and columns `column ...` of `a`, as it is stored, to `target` `[rows][columns]`. */
  readA(target: Float32Array, row: number, rows: number, column: number, columns: number): void;
  /** The same for `b`. */
  readB(target: Float32Array, row: number, rows: number, column: number, columns: number): void;
  /**
   * Adds the product of a block of `a` and a block of `b` to rows `row ...` and columns `column ...` of the result.
   * Rows are `stride` apart in `block`.
   */
  addBlock(block: Float32Array, stride: number, row: number, rows: number, column: number, columns: number): void;
}

/**
 * A matrix product on all threads, block by block, so that the kernels' memory holds only some blocks of the operands.
 * The blocks are processed in a fixed order; those that contribute to the same part of the result, in the order of k.
 */
export const blockedProduct = (
  { kernels: { wasm }, machine }: Backend,
  operands: BlockedOperands,
  shape: ProductShape,
): void => {
  const { m, k, n, transposeA, transposeB } = shape;
  const { arena, layout, functions } = machine;
  arena.scope(() => {
    const [mostM, mostK, mostN] = [Math.min(BLOCK_M, m), Math.min(BLOCK_K, k), Math.min(BLOCK_N, n)];
    const strideOf = (columns: number): number => Math.ceil(columns / layout.panel) * layout.panel;
    const mostRows = Math.ceil(mostM / 4) * 4;
    const rawA = arena.take(4 * mostRows * mostK);
    const blockA = transposeA ? arena.take(4 * mostRows * mostK) : rawA;
    const rawB = arena.take(4 * mostK * mostN);
    const packed = arena.take(packedBytes(layout, mostK, mostN));
    const blockC = arena.take(4 * mostRows * strideOf(mostN));
    const multiply = rowsTimesMatrix(machine);
    for (let n0 = 0; n0 < n; n0 += BLOCK_N)
      for (let k0 = 0; k0 < k; k0 += BLOCK_K) {
        const [nb, kb] = [Math.min(BLOCK_N, n - n0), Math.min(BLOCK_K, k - k0)];
        const viewB = arena.floats(rawB, kb * nb);
        if (transposeB) operands.readB(viewB, n0, nb, k0, kb);
        else operands.readB(viewB, k0, kb, n0, nb);
        functions.packMatrix(rawB, kb, nb, transposeB, packed);
        for (let m0 = 0; m0 < m; m0 += BLOCK_M) {
          const mb = Math.min(BLOCK_M, m - m0);
          const viewA = arena.floats(rawA, mb * kb);
          if (transposeA) {
            operands.readA(viewA, k0, kb, m0, mb);
            wasm.transposeBlock(rawA, kb, mb, mb, blockA, kb);
          } else operands.readA(viewA, m0, mb, k0, kb);
          const rows = Math.ceil(mb / 4) * 4;
          multiply({ a: blockA, packed, c: blockC, rows, depth: kb, columns: nb });
          operands.addBlock(arena.floats(blockC, rows * strideOf(nb)), strideOf(nb), m0, mb, n0, nb);
        }
      }
  });
};

/** Reads blocks of a row-major matrix with `stride` columns. */
export const matrixReader =
  (matrix: Float32Array, stride: number): BlockedOperands['readA'] =>
  (target, row, rows, column, columns) =>
    gather(target, matrix, row * stride + column, [rows, columns, stride]);

/** Adds blocks to a row-major matrix with `stride` columns, which must be zero at first. */
export const matrixWriter = (matrix: Float32Array, stride: number): BlockedOperands['addBlock'] => {
  // The first block of each part can be copied, as the matrix is still zero there.
  const begun = new Set<number>();
  return (block, blockStride, row, rows, column, columns) => {
    const start = row * stride + column;
    scatter(matrix, block, start, [rows, columns, blockStride, stride], begun.has(start));
    begun.add(start);
  };
};

/**
 * The matrix product, on all threads.
 *
 * @returns `[m][n]`
 * @throws KernelMemoryError when there is not enough memory
 */
export const product = (backend: Backend, a: Float32Array, b: Float32Array, shape: ProductShape): Float32Array => {
  const { m, k, n, transposeA, transposeB } = shape;
  const result = allocate(m * n);
  blockedProduct(
    backend,
    {
      readA: matrixReader(a, transposeA ? m : k),
      readB: matrixReader(b, transposeB ? k : n),
      addBlock: matrixWriter(result, n),
    },
    shape,
  );
  return result;
};
