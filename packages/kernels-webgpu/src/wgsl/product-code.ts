/** @file What the two ways to multiply rows with a matrix have in common. */
import type { PointRange } from './point-range.ts';

/** A product of rows `[blocks][points][inner]` with a matrix. */
export interface RowsTimesMatrix {
  readonly blocks: number;
  /** Numbers in a row; rows begin at multiples of four. */
  readonly inner: number;
  /** The rows and columns of the matrix as it is stored, without padding. */
  readonly matrix: { readonly rows: number; readonly columns: number; readonly own?: boolean };
  /** Multiplies with the transpose. */
  readonly transposed: boolean;
  /** The rows are float16. The products are float32 nevertheless. */
  readonly half: boolean;
  readonly range: PointRange;
}

/**
 * The code of a product: a workgroup works out the rows of some points, all blocks of their jets, for some vectors of
 * four features. The thread `local` has vector `local.x` of them, and some of the points. The shader's `sizes.points`
 * is the number of points; `rows` and `weights` are its buffers.
 */
export interface ProductCode {
  /** Threads; those along x have one vector each. */
  readonly workgroup: readonly [x: number, y: number];
  /** Points of a workgroup. */
  readonly points: number;
  readonly pointsPerThread: number;
  readonly declarations: readonly string[];
  /** Statements that leave the sums of a thread in {@link sumName}. All threads must come to them. */
  readonly body: string;
  /** The q-th point of a thread, as an expression. */
  readonly pointOf: (q: number) => string;
}

/** Vectors of four features that the result has in a row. */
export const resultVectors = ({ matrix, transposed }: RowsTimesMatrix): number =>
  Math.ceil((transposed ? matrix.rows : matrix.columns) / 4);

/** The name of the sum of block b of a thread's point q. */
export const sumName = (block: number, q: number): string => `sum${block}_${q}`;

/** The most blocks that fit in workgroup memory, and in a thread's registers if they must. */
export const MOST_BLOCKS = 64;
