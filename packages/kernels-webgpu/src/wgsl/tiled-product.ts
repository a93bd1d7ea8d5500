/**
 * @file Rows times a matrix with workgroup memory: a workgroup computes the rows of some points for 64 features, or for
 *   16 if there are no more. It loads 16 elements of both factors at a time into workgroup memory; each thread keeps
 *   four features of up to eight rows in registers, so that the activation's rule can follow immediately.
 */
import { vectorType, widened } from './jet-format.ts';
import { addProducts, matrixFunction } from './matrix.ts';
import { type ProductCode, type RowsTimesMatrix, resultVectors, sumName } from './product-code.ts';
import { indent, lines, repeat } from './shader.ts';

/** Vectors of four elements that a step loads of each row. */
const STEP = 4;
/** Rows in the registers of a thread. */
const MAX_THREAD_ROWS = 8;
/** WebGPU guarantees 16 KiB of workgroup memory, of which the sums of `workgroup-sum.ts` may take 1 KiB. */
const WORKGROUP_BYTES = 15_360;
const VECTOR_BYTES = 16;

/** Threads along x, each with four features: for few features and for many. */
const NARROW_COLUMNS = 4;
const WIDE_COLUMNS = 16;

/** The part of the result that a workgroup computes. */
interface TileShape {
  readonly threadColumns: number;
  readonly threadRows: number;
  readonly pointsPerThread: number;
  readonly points: number;
}

/** The largest tile that fits. */
const tileShape = (product: RowsTimesMatrix): TileShape => {
  const { blocks } = product;
  const threadColumns = resultVectors(product) <= NARROW_COLUMNS ? NARROW_COLUMNS : WIDE_COLUMNS;
  const pointsPerThread = Math.max(1, Math.floor(MAX_THREAD_ROWS / blocks));
  const weightBytes = 4 * STEP * threadColumns * VECTOR_BYTES;
  let threadRows = 16;
  while (threadRows > 1 && threadRows * pointsPerThread * blocks * STEP * VECTOR_BYTES + weightBytes > WORKGROUP_BYTES)
    threadRows /= 2;
  return { threadColumns, threadRows, pointsPerThread, points: threadRows * pointsPerThread };
};

/** Statements that load a weight tile in vectors of four: of the matrix, or of its transpose in blocks of 4 x 4. */
const loadWeights = (transposed: boolean, { threadColumns, threadRows }: TileShape): string => {
  const threads = threadColumns * threadRows;
  return transposed
    ? lines(
        `for (var i = lane; i < ${STEP * threadColumns}u; i += ${threads}u) {`,
        indent(
          lines(
            `let inner = i % ${STEP}u;`,
            `let column = i / ${STEP}u;`,
            `let row = (group.x * ${threadColumns}u + column) * 4u;`,
            'let w = transpose(mat4x4(weightAt(row, step + inner), weightAt(row + 1u, step + inner), weightAt(row + 2u, step + inner), weightAt(row + 3u, step + inner)));',
            repeat(4, k => `weightTile[(inner * 4u + ${k}u) * ${threadColumns}u + column] = w[${k}];`),
          ),
        ),
        '}',
      )
    : lines(
        `for (var i = lane; i < ${4 * STEP * threadColumns}u; i += ${threads}u) {`,
        `  weightTile[i] = weightAt(step * 4u + i / ${threadColumns}u, group.x * ${threadColumns}u + i % ${threadColumns}u);`,
        '}',
      );
};

/** A product that stages both factors in workgroup memory. */
export const tiledProduct = (product: RowsTimesMatrix): ProductCode => {
  const { blocks, inner, matrix, transposed, half, range } = product;
  const rowType = vectorType({ half });
  const shape = tileShape(product);
  const { threadColumns, threadRows, pointsPerThread, points } = shape;
  const threads = threadRows * threadColumns;
  const vectors = Math.ceil(inner / 4);
  const rows = Array.from({ length: blocks }, (_, block) => block).flatMap(block =>
    Array.from({ length: pointsPerThread }, (_, q) => ({
      sum: sumName(block, q),
      row: block * points + q * threadRows,
    })),
  );
  const code = lines(
    ...rows.map(({ sum }) => `var ${sum} = vec4(0.0);`),
    `for (var step = 0u; step < ${vectors}u; step += ${STEP}u) {`,
    indent(
      lines(
        `for (var i = lane; i < ${points * blocks * STEP}u; i += ${threads}u) {`,
        indent(
          lines(
            `let row = i / ${STEP}u;`,
            `let vector = step + i % ${STEP}u;`,
            `let point = min(${range.pointOf(`group.y * ${points}u + row % ${points}u`)}, sizes.points - 1u);`,
            `rowTile[i] = select(vec4(0.0), rows[((row / ${points}u) * sizes.points + point) * ${vectors}u + min(vector, ${vectors - 1}u)], vector < ${vectors}u);`,
          ),
        ),
        '}',
        loadWeights(transposed, shape),
        'workgroupBarrier();',
        `for (var k = 0u; k < ${STEP}u; k++) {`,
        indent(
          lines(
            repeat(4, j => `let w${j} = weightTile[(k * 4u + ${j}u) * ${threadColumns}u + local.x];`),
            ...rows.map(
              ({ sum, row }) =>
                `${sum} = addProducts(${widened({ half }, `rowTile[(${row}u + local.y) * ${STEP}u + k]`)}, w0, w1, w2, w3, ${sum});`,
            ),
          ),
        ),
        '}',
        'workgroupBarrier();',
      ),
    ),
    '}',
  );
  return {
    workgroup: [threadColumns, threadRows],
    points,
    pointsPerThread,
    declarations: [
      `var<workgroup> rowTile: array<${rowType}, ${points * blocks * STEP}>;`,
      `var<workgroup> weightTile: array<vec4<f32>, ${4 * STEP * threadColumns}>;`,
      matrixFunction('weightAt', 'weights', matrix),
      addProducts,
    ],
    body: code,
    pointOf: q => range.pointOf(`group.y * ${points}u + ${q * threadRows}u + local.y`),
  };
};
