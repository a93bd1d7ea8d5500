/** @file Shaders in which each thread processes four features of a row, or of all rows of a point. */
import { PACK_THREADS, threadPosition } from '../pack.ts';
import { type PointRange, pointRange } from '../point-range.ts';
import { indent, lines, type Shader, type ShaderParts, shader } from '../shader.ts';

/** Threads of a workgroup. */
export const EACH_THREADS: number = PACK_THREADS;

type EachParts = Pick<ShaderParts, 'label' | 'storage' | 'declarations' | 'body'> & {
  /** Vectors of four features in a row. */
  readonly vectors: number;
};

/** A shader over `sizes.rows` rows; its body sees the index `i` of its vector, its `row`, and `vector` in the row. */
export const eachRow = ({ vectors, body, ...parts }: EachParts): Shader =>
  shader({
    ...parts,
    sizes: ['rows', 'columns'],
    workgroup: [EACH_THREADS, 1],
    body: lines(threadPosition(vectors), 'if (row >= sizes.rows) { return; }', body),
  });

/** A shader over `sizes.points` points, or those of a field; its body sees `point` and `vector`. */
export const eachPoint = (
  { vectors, body, declarations = [], ...parts }: EachParts,
  range: PointRange = pointRange(false),
): Shader =>
  shader({
    ...parts,
    sizes: ['points', 'columns', ...range.sizes],
    declarations: [...range.declarations, ...declarations],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      range.begin,
      `let i = (group.y * sizes.columns + group.x) * ${EACH_THREADS}u + lane;`,
      `let vector = i % ${vectors}u;`,
      `let point = ${range.pointOf(`i / ${vectors}u`)};`,
      `if (point >= ${range.end}) { return; }`,
      body,
    ),
  });

/** The index of a block's vector in a buffer of jets, `[blocks][points][vectors]`. */
export const elementIndex = (block: number, vectors: number): string =>
  `(${block}u * sizes.points + point) * ${vectors}u + vector`;

/** Statements for each of the four features: `j` is the feature. */
export const eachFeature = (statements: string): string =>
  lines('for (var k = 0u; k < 4u; k++) {', indent(lines('let j = vector * 4u + k;', statements)), '}');
