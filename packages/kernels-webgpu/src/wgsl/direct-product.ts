import { widened } from './jet-format.ts';
import { addProducts, matrixFunction } from './matrix.ts';
import { type ProductCode, type RowsTimesMatrix, sumName } from './product-code.ts';
import { indent, lines, repeat } from './shader.ts';

/** Threads along x; each computes four features. */
const THREAD_COLUMNS = 16;
/** Points of a workgroup. */
const THREAD_ROWS = 4;

/** A product without workgroup memory: every thread reads all of its operands itself. */
export const directProduct = ({ blocks, inner, matrix, transposed, half, range }: RowsTimesMatrix): ProductCode => {
  const vectors = Math.ceil(inner / 4);
  const weights = transposed
    ? lines(
        'let w = transpose(mat4x4(weightAt(row, k), weightAt(row + 1u, k), weightAt(row + 2u, k), weightAt(row + 3u, k)));',
        'let w0 = w[0]; let w1 = w[1]; let w2 = w[2]; let w3 = w[3];',
      )
    : repeat(4, j => `let w${j} = weightAt(k * 4u + ${j}u, column);`);
  const pointOf = (): string => range.pointOf(`group.y * ${THREAD_ROWS}u + local.y`);
  return {
    workgroup: [THREAD_COLUMNS, THREAD_ROWS],
    points: THREAD_ROWS,
    pointsPerThread: 1,
    declarations: [matrixFunction('weightAt', 'weights', matrix), addProducts],
    pointOf,
    body: lines(
      `let column = group.x * ${THREAD_COLUMNS}u + local.x;`,
      transposed ? 'let row = column * 4u;' : '',
      `let rowPoint = min(${pointOf()}, sizes.points - 1u);`,
      repeat(blocks, block => `var ${sumName(block, 0)} = vec4(0.0);`),
      `for (var k = 0u; k < ${vectors}u; k++) {`,
      indent(
        lines(
          weights,
          repeat(blocks, block => {
            const sum = sumName(block, 0);
            const row = widened({ half }, `rows[(${block}u * sizes.points + rowPoint) * ${vectors}u + k]`);
            return `${sum} = addProducts(${row}, w0, w1, w2, w3, ${sum});`;
          }),
        ),
      ),
      '}',
    ),
  };
};
