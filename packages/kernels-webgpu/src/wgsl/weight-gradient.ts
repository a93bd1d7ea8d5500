/**
 * @file The gradient of a layer's weight and bias: the sum over all rows of the outer products of the input and the
 *   upstream gradient. A workgroup sums a part of the rows for a tile of the matrix; the parts of all workgroups are
 *   added afterwards (`reduce.ts`), as WGSL has no atomic addition of floats.
 */
import type { DenseLayer } from './activations.ts';
import { literal } from './formula.ts';
import { type JetFormat, vectorType, widened } from './jet-format.ts';
import { blockCount, type JetShape } from './jet-rule.ts';
import type { ProductStyle } from './product.ts';
import { indent, lines, reads, repeat, type Shader, shader, writes } from './shader.ts';

/** The tile of the matrix that a workgroup computes. */
interface GradientTile {
  /** Threads along x, each with four outputs. */
  readonly columns: number;
  /** Threads along y. */
  readonly rows: number;
  /** Vectors of four inputs of a thread. */
  readonly perThread: number;
  /** Rows of the factors that are in workgroup memory at a time. */
  readonly step: number;
}

/** The shape of the tile: long and narrow for long and narrow matrices. */
const tileOf = (
  { inFeatures, outFeatures }: Pick<DenseLayer, 'inFeatures' | 'outFeatures'>,
  style: ProductStyle,
): GradientTile => {
  if (style === 'direct') return { columns: 16, rows: 4, perThread: 1, step: 1 };
  // Bound by memory: small workgroups, for more of them, and long steps, for more reads in flight.
  if (outFeatures <= 16) return { columns: 4, rows: 16, perThread: 1, step: 32 };
  if (inFeatures <= 16) return { columns: 16, rows: 4, perThread: 1, step: 32 };
  return { columns: 16, rows: 16, perThread: inFeatures > 64 ? 2 : 1, step: 16 };
};

/** The number of input and output features of a workgroup's tile. */
export const gradientTile = (
  layer: Pick<DenseLayer, 'inFeatures' | 'outFeatures'>,
  style: ProductStyle,
): { readonly inputs: number; readonly outputs: number } => {
  const { columns, rows, perThread } = tileOf(layer, style);
  return { inputs: 4 * rows * perThread, outputs: 4 * columns };
};

interface SumsCode {
  readonly declarations: readonly string[];
  /** Statements that sum the rows from `start` to `end`. */
  readonly loop: string;
}

/** The name of the sum for element i of the thread's q-th vector of inputs. */
const sumName = (q: number, i: number): string => `sum${q}_${i}`;

/** Statements that add the outer product of `x<q>` and `g`. */
const addOuter = (q: number): string =>
  lines(...['x', 'y', 'z', 'w'].map((axis, i) => `${sumName(q, i)} = fma(vec4(x${q}.${axis}), g, ${sumName(q, i)});`));

/** The jets and the storage format of the layer's input. */
export interface IncomingRows {
  readonly jet: JetShape;
  readonly format: JetFormat;
}

/** A factor on the upstream gradient, by which the stored input was divided. */
const rowScale = ({ format }: IncomingRows, row: string): string => (format.scale === 1 ? '' : ` * scaleOf(${row})`);

/** `scaleOf(row)`: the scale by which the row's block was divided. */
const scaleFunction = ({ format: { scale }, jet: { first, second } }: IncomingRows): string => {
  const derivative = literal(scale);
  const order =
    second > 0 ? `select(${literal(scale ** 2)}, ${derivative}, row < ${1 + first}u * sizes.points)` : derivative;
  return lines('fn scaleOf(row: u32) -> f32 {', `  return select(${order}, 1.0, row < sizes.points);`, '}');
};

/** The index of a row; with per-field weights, rows are numbered within the field. */
const rowAt = ({ ownWeight = false }: DenseLayer, row: string): string => (ownWeight ? `rowOf(${row}, field)` : row);

/** `rowOf(row, field)`: the index of a field's row among the rows of all fields, `[blocks][sizes.points]`. */
const rowFunction = ({ jet }: IncomingRows): string =>
  lines(
    'fn rowOf(row: u32, field: u32) -> u32 {',
    blockCount(jet) === 1
      ? '  return field * sizes.fieldPoints + row;'
      : '  let block = row / sizes.fieldPoints;\n  return block * sizes.points + field * sizes.fieldPoints + row % sizes.fieldPoints;',
    '}',
  );

/** The number of value rows, which contribute to the bias. */
const valueRows = ({ ownWeight = false }: DenseLayer): string => (ownWeight ? 'sizes.fieldPoints' : 'sizes.points');

const tiledSums = (
  layer: DenseLayer,
  { columns, rows, perThread, step }: GradientTile,
  incoming: IncomingRows,
): SumsCode => {
  const { inFeatures, outFeatures, hasBias } = layer;
  const { format } = incoming;
  const rowType = vectorType(format);
  const inVectors = Math.ceil(inFeatures / 4);
  const outVectors = Math.ceil(outFeatures / 4);
  const tile = rows * perThread;
  const threads = columns * rows;
  return {
    declarations: [
      `var<workgroup> rowTile: array<${rowType}, ${step * tile}>;`,
      `var<workgroup> upstreamTile: array<vec4<f32>, ${step * columns}>;`,
    ],
    loop: lines(
      `for (; start < end; start += ${step}u) {`,
      indent(
        lines(
          `for (var i = lane; i < ${step * tile}u; i += ${threads}u) {`,
          `  let row = start + i / ${tile}u;`,
          `  let vector = group.y * ${tile}u + i % ${tile}u;`,
          `  var x = ${format.half ? `${rowType}()` : 'vec4(0.0)'};`,
          `  if (row < end && vector < ${inVectors}u) { x = rows[${rowAt(layer, 'row')} * ${inVectors}u + vector]; }`,
          '  rowTile[i] = x;',
          '}',
          `for (var i = lane; i < ${step * columns}u; i += ${threads}u) {`,
          `  let row = start + i / ${columns}u;`,
          `  let vector = group.x * ${columns}u + i % ${columns}u;`,
          '  var g = vec4(0.0);',
          `  if (row < end && vector < ${outVectors}u) { g = upstream[${rowAt(layer, 'row')} * ${outVectors}u + vector]${rowScale(incoming, rowAt(layer, 'row'))}; }`,
          '  upstreamTile[i] = g;',
          '}',
          'workgroupBarrier();',
          `for (var k = 0u; k < ${step}u; k++) {`,
          indent(
            lines(
              `let g = upstreamTile[k * ${columns}u + local.x];`,
              repeat(
                perThread,
                q => `let x${q} = ${widened(format, `rowTile[k * ${tile}u + ${q * rows}u + local.y]`)};`,
              ),
              repeat(perThread, addOuter),
            ),
          ),
          '}',
          // In a separate loop, as a condition in the loop of the products would slow down every thread.
          hasBias
            ? lines(
                'if (group.y == 0u && local.y == 0u) {',
                `  for (var k = 0u; k < ${step}u && start + k < ${valueRows(layer)}; k++) { biasSum += upstreamTile[k * ${columns}u + local.x]; }`,
                '}',
              )
            : '',
          'workgroupBarrier();',
        ),
      ),
      '}',
    ),
  };
};

const directSums = (layer: DenseLayer, { columns, rows }: GradientTile, incoming: IncomingRows): SumsCode => {
  const { inFeatures, outFeatures, hasBias, ownWeight = false } = layer;
  const row = ownWeight ? 'row' : 'start';
  const inVectors = Math.ceil(inFeatures / 4);
  const outVectors = Math.ceil(outFeatures / 4);
  return {
    declarations: [],
    loop: lines(
      `let inVector = min(group.y * ${rows}u + local.y, ${inVectors - 1}u);`,
      `let outVector = min(group.x * ${columns}u + local.x, ${outVectors - 1}u);`,
      'for (; start < end; start += 1u) {',
      indent(
        lines(
          ownWeight ? `let row = ${rowAt(layer, 'start')};` : '',
          `let x0 = ${widened(incoming.format, `rows[${row} * ${inVectors}u + inVector]`)};`,
          `let g = upstream[${row} * ${outVectors}u + outVector]${rowScale(incoming, row)};`,
          addOuter(0),
          hasBias ? `if (start < ${valueRows(layer)}) { biasSum += g; }` : '',
        ),
      ),
      '}',
    ),
  };
};

/**
 * Sums `rows` `[sizes.rows][in]` times `upstream` `[sizes.rows][out]`, both padded to multiples of four, over the rows
 * of part `group.z`, to `parts[group.z * sizes.stride + sizes.offset ...]`: the weight's gradient. The bias's gradient
 * follows it, the sum of `upstream` over the first `sizes.points` rows.
 *
 * With per-field weights, it is part `group.z % sizes.parts` of the `sizes.rows` rows of field `group.z / sizes.parts`.
 * The gradients of all fields are contiguous from `sizes.offset` on, those of biases from `sizes.biasOffset` on.
 */
export const weightGradient = (layer: DenseLayer, style: ProductStyle, incoming: IncomingRows): Shader => {
  const { inFeatures, outFeatures, hasBias, ownWeight = false } = layer;
  const numbers = inFeatures * outFeatures;
  const tile = tileOf(layer, style);
  const { columns, rows, perThread } = tile;
  const sums = style === 'direct' ? directSums(layer, tile, incoming) : tiledSums(layer, tile, incoming);
  const part = ownWeight ? '(group.z % sizes.parts)' : 'group.z';
  const biasBase = ownWeight
    ? `${part} * sizes.stride + sizes.biasOffset + field * ${outFeatures}u`
    : `base + ${numbers}u`;
  return shader({
    label: `weight gradient ${inFeatures}x${outFeatures}`,
    sizes: [
      'rows',
      'points',
      'rowsPerPart',
      'stride',
      'offset',
      ...(ownWeight ? ['fieldPoints', 'parts', 'biasOffset'] : []),
    ],
    storage: [reads('rows', vectorType(incoming.format)), reads('upstream'), writes('parts', 'f32')],
    declarations: [
      ...sums.declarations,
      ...(ownWeight ? [rowFunction(incoming)] : []),
      ...(incoming.format.scale === 1 ? [] : [scaleFunction(incoming)]),
      lines(
        'fn store(start: u32, column: u32, values: vec4<f32>) {',
        `  for (var i = 0u; i < 4u && column + i < ${outFeatures}u; i++) { parts[start + column + i] = values[i]; }`,
        '}',
      ),
    ],
    workgroup: [columns, rows],
    body: lines(
      repeat(perThread, q => repeat(4, i => `var ${sumName(q, i)} = vec4(0.0);`)),
      hasBias ? 'var biasSum = vec4(0.0);' : '',
      ownWeight ? 'let field = group.z / sizes.parts;' : '',
      `var start = ${part} * sizes.rowsPerPart;`,
      'let end = min(start + sizes.rowsPerPart, sizes.rows);',
      sums.loop,
      `let column = (group.x * ${columns}u + local.x) * 4u;`,
      `let base = ${part} * sizes.stride + sizes.offset${ownWeight ? ` + field * ${numbers}u` : ''};`,
      repeat(perThread, q =>
        lines(
          '{',
          `  let row = (group.y * ${rows * perThread}u + ${q * rows}u + local.y) * 4u;`,
          repeat(
            4,
            i =>
              `  if (row + ${i}u < ${inFeatures}u) { store(base + (row + ${i}u) * ${outFeatures}u, column, ${sumName(q, i)}); }`,
          ),
          '}',
        ),
      ),
      hasBias ? `if (group.y == 0u && local.y == 0u) { store(${biasBase}, column, biasSum); }` : '',
    ),
  });
};
