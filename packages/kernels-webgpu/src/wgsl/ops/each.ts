/** @file Shaders whose threads each have four features: of a row, or of all rows of a point. */
import { PACK_THREADS, place } from '../pack.ts';
import { type PointRange, pointRange } from '../point-range.ts';
import { indent, lines, type Shader, type ShaderParts, shader } from '../shader.ts';

/** Threads of a workgroup. */
export const EACH_THREADS: number = PACK_THREADS;

type EachParts = Pick<ShaderParts, 'label' | 'storage' | 'declarations' | 'body'> & {
  /** Vectors of four features in a row. */
  readonly vectors: number;
};

/** The body sees its vector `i`, which is `vector` of `row`, for `sizes.rows` rows. */
export const eachRow = ({ vectors, body, ...parts }: EachParts): Shader =>
  shader({
    ...parts,
    sizes: ['rows', 'columns'],
    workgroup: [EACH_THREADS, 1],
    body: lines(place(vectors), 'if (row >= sizes.rows) { return; }', body),
  });

/** The body sees its `vector` of `point`, for `sizes.points` points or those of a field. */
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

/** The place of a block's vector in a buffer of jets, `[blocks][points][vectors]`. */
export const placeOf = (block: number, vectors: number): string =>
  `(${block}u * sizes.points + point) * ${vectors}u + vector`;

/** Statements for each of the four features: `j` is the feature. */
export const eachFeature = (statements: string): string =>
  lines('for (var k = 0u; k < 4u; k++) {', indent(lines('let j = vector * 4u + k;', statements)), '}');
