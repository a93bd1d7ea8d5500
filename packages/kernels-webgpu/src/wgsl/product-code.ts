/** @file The common interface of the two ways to multiply rows by a matrix. */
import type { PointRange } from './point-range.ts';

/** A product of rows `[blocks][points][inner]` with a matrix. */
export interface RowsTimesMatrix {
  readonly blocks: number;
  /** Elements of a row; rows are padded to multiples of four. */
  readonly inner: number;
  /** Rows and columns of the matrix as it is stored, without padding. */
  readonly matrix: { readonly rows: number; readonly columns: number; readonly own?: boolean };
  /** Whether to multiply by the transpose. */
  readonly transposed: boolean;
  /** Whether the rows are float16. The products are always float32. */
  readonly half: boolean;
  readonly range: PointRange;
}

/**
 * The code of a product: a workgroup computes all blocks of the jets of some points, for some vectors of four features.
 * The thread `local` computes vector `local.x` of them, for some of the points. The shader's `sizes.points` is the
 * number of points; its buffers are `rows` and `weights`.
 */
export interface ProductCode {
  /** Threads of a workgroup; each along x has one vector. */
  readonly workgroup: readonly [x: number, y: number];
  /** Points of a workgroup. */
  readonly points: number;
  readonly pointsPerThread: number;
  readonly declarations: readonly string[];
  /** Statements that compute the sums of a thread, named {@link sumName}. All threads must execute them. */
  readonly body: string;
  /** The q-th point of a thread, as an expression. */
  readonly pointOf: (q: number) => string;
}

/** Vectors of four features in a row of the result. */
export const resultVectors = ({ matrix, transposed }: RowsTimesMatrix): number =>
  Math.ceil((transposed ? matrix.rows : matrix.columns) / 4);

/** The name of the sum for block b of a thread's point q. */
export const sumName = (block: number, q: number): string => `sum${block}_${q}`;

/** The maximum number of blocks that fit in workgroup memory; their sums may spill from a thread's registers. */
export const MAX_BLOCKS = 64;
