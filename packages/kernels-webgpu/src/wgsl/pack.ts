/** @file Between rows as tensors have them, `[points][features]`, and rows that begin at multiples of four numbers. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';

/** Threads of a workgroup. */
export const PACK_THREADS = 64;

/** The vector of a thread, and the row that it is in. */
export const place = (vectors: number): string =>
  lines(
    `let i = (group.y * sizes.columns + group.x) * ${PACK_THREADS}u + lane;`,
    `let vector = i % ${vectors}u;`,
    `let row = i / ${vectors}u;`,
  );

/**
 * The jets that come into the first layer, `[1 + first + second][sizes.points][features]`. Of coordinates: themselves,
 * unit first derivatives, no second ones. Of an encoding: all blocks are in `source`. Where it `repeats`, `source` has
 * the `sizes.sourcePoints` points of one field or of all.
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
      place(vectors),
      `if (row >= ${blocks}u * sizes.points) { return; }`,
      'var x = vec4(0.0);',
      ...(encoded ? [copy] : unit),
      'rows[i] = x;',
    ),
  });
};

/** `sizes.rows` rows of so many features without their padding. */
export const unpackRows = (features: number): Shader => {
  const vectors = Math.ceil(features / 4);
  return shader({
    label: 'unpack rows',
    sizes: ['rows', 'columns'],
    storage: [reads('rows'), writes('result', 'f32')],
    workgroup: [PACK_THREADS, 1],
    body: lines(
      place(vectors),
      'if (row >= sizes.rows) { return; }',
      'let x = rows[i];',
      `for (var k = 0u; k < 4u && vector * 4u + k < ${features}u; k++) { result[row * ${features}u + vector * 4u + k] = x[k]; }`,
    ),
  });
};
