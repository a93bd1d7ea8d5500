/** @file Converts between unpadded rows of tensors, `[points][features]`, and rows padded to multiples of four. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';

/** Threads of a workgroup. */
export const PACK_THREADS = 64;

/** Statements that define the index `i` of a thread's vector, its `row`, and the index `vector` in the row. */
export const threadPosition = (vectors: number): string =>
  lines(
    `let i = (group.y * sizes.columns + group.x) * ${PACK_THREADS}u + lane;`,
    `let vector = i % ${vectors}u;`,
    `let row = i / ${vectors}u;`,
  );

/**
 * The input jets, `[1 + first + second][sizes.points][features]`. The jet of coordinates is the coordinates, unit first
 * derivatives, and zero second derivatives; for an encoding, `source` has all blocks. If it `repeats`, `source` has the
 * `sizes.sourcePoints` points of one field or of all.
 */
export const packInput = ({
  features,
  blocks,
  first,
  encoded,
  repeats = false,
}: {
  readonly features: number;
  readonly blocks: number;
  readonly first: number;
  readonly encoded: boolean;
  readonly repeats?: boolean;
}): Shader => {
  const vectors = Math.ceil(features / 4);
  const sourceRow = repeats ? '(row % sizes.sourcePoints)' : 'row';
  const copy = `for (var k = 0u; k < 4u && vector * 4u + k < ${features}u; k++) { x[k] = source[${sourceRow} * ${features}u + vector * 4u + k]; }`;
  const unit = [
    `let block = row / sizes.points;`,
    `if (block == 0u) { ${copy} }`,
    `else if (block <= ${first}u && (block - 1u) / 4u == vector) { x[(block - 1u) % 4u] = 1.0; }`,
  ];
  return shader({
    label: 'pack input',
    sizes: ['points', 'columns', ...(repeats ? ['sourcePoints'] : [])],
    storage: [reads('source', 'f32'), writes('rows')],
    workgroup: [PACK_THREADS, 1],
    body: lines(
      threadPosition(vectors),
      `if (row >= ${blocks}u * sizes.points) { return; }`,
      'var x = vec4(0.0);',
      ...(encoded ? [copy] : unit),
      'rows[i] = x;',
    ),
  });
};

/** Removes the padding of `sizes.rows` rows. */
export const unpackRows = (features: number): Shader => {
  const vectors = Math.ceil(features / 4);
  return shader({
    label: 'unpack rows',
    sizes: ['rows', 'columns'],
    storage: [reads('rows'), writes('result', 'f32')],
    workgroup: [PACK_THREADS, 1],
    body: lines(
      threadPosition(vectors),
      'if (row >= sizes.rows) { return; }',
      'let x = rows[i];',
      `for (var k = 0u; k < 4u && vector * 4u + k < ${features}u; k++) { result[row * ${features}u + vector * 4u + k] = x[k]; }`,
    ),
  });
};
