/**
 * @file The gradient of a grid's table: every corner of every point contributes to a row, and many contribute to the
 *   same one. WGSL has no atomic addition of floats, and its result would depend on the order; adding integers instead
 *   makes the result deterministic. First the largest contribution is found. Each contribution is then rounded to a
 *   multiple of a power of two, large enough for the sum of all of them not to overflow; the remainder is rounded to a
 *   multiple of a smaller power, and so on, until 2^-23 of the largest contribution is reached.
 */
import { blockCount, forwardOrder, type JetShape } from '../jet-rule.ts';
import { FIELD } from '../point-range.ts';
import { indent, lines, reads, repeat, type Shader, type StorageBinding, shader, writes } from '../shader.ts';
import { EACH_THREADS } from './each.ts';
import { gridThread, gridUpstream } from './grid.ts';
import { cellOf, cornerFormulas, eachCorner, type GridShape, gridSizes, gridStorage, loadInput } from './grid-cells.ts';

/** Bits of an integer that a sum may use, without its sign. */
const SUM_BITS = 30;
/** Bits of precision relative to the largest contribution. */
const PRECISION_BITS = 23;

/** The fixed-point format of the sums. */
export interface FixedPoint {
  /** 2 to this power is at least the number of contributions. */
  readonly bits: number;
  /** Integers for each sum. */
  readonly limbs: number;
}

/** @param count the maximum number of contributions to one sum */
export const fixedPoint = (count: number): FixedPoint => {
  const bits = Math.max(1, Math.ceil(Math.log2(count)));
  let [limbs, exponent] = [1, bits - SUM_BITS];
  // The remainder of a limb is at most half of its unit.
  while (exponent > -PRECISION_BITS && limbs < 8) {
    limbs += 1;
    exponent += bits - SUM_BITS - 1;
  }
  return { bits, limbs };
};

/** Integers of `tableSums` for one table: the bits of the largest contribution, and the limbs of each sum. */
export const tableSumsLength = (numbers: number, { limbs }: FixedPoint): number => 1 + limbs * numbers;

/**
 * The offsets of the largest contribution, and of the first sum. For many tables, the largest contributions of all
 * tables come first.
 */
const offsetsOfSums = ({ own, rows, rowFeatures }: GridShape, { limbs }: FixedPoint) =>
  own
    ? { largest: 'field', sums: `sizes.fields + ${limbs}u * field * ${rows * rowFeatures}u` }
    : { largest: '0', sums: '1u' };

const sizesOf = (grid: GridShape): string[] => [...gridSizes(grid), ...(grid.own ? ['fields'] : [])];

const fieldDeclarations = ({ own }: GridShape): string[] => (own ? [FIELD] : []);

/**
 * `unit(largest, limb)`: the exponent of the power of two of which a limb is a multiple, given the bits of the largest
 * contribution.
 */
const unitFunctions = ({ bits }: FixedPoint): string =>
  lines(
    'fn power(exponent: i32) -> f32 { return bitcast<f32>(u32(exponent + 127) << 23u); }',
    'fn unit(largest: i32, limb: i32) -> i32 {',
    `  return clamp((largest >> 23u) - 126, -40, 120) + ${bits - SUM_BITS} + limb * ${bits - SUM_BITS - 1};`,
    '}',
  );

/** Statements that compute a thread's contribution `part` to each corner's row. */
const contributions = (grid: GridShape, jet: JetShape, statements: string): string => {
  const blocks = blockCount(jet);
  const { weight } = cornerFormulas(grid, jet);
  return lines(
    repeat(blocks, block => `let g${block} = upstreamAt(${block}u * sizes.points + point, level, vector);`),
    loadInput(grid, jet),
    cellOf(grid),
    eachCorner(
      grid,
      forwardOrder(jet),
      lines(
        `let part = ${Array.from({ length: blocks }, (_, block) => `(${weight(block)}) * g${block}`).join(' + ')};`,
        statements,
      ),
    ),
  );
};

const storage = (grid: GridShape): StorageBinding[] => [
  ...gridStorage(grid).filter(({ name }) => name !== 'table'),
  reads('upstream', 'f32'),
  writes('tableSums', 'atomic<i32>'),
];

/** Writes the bits of the largest contribution to each table to `tableSums`. */
export const largestContribution = (grid: GridShape, jet: JetShape, fixed: FixedPoint): Shader =>
  shader({
    label: 'table gradient, largest',
    sizes: sizesOf(grid),
    storage: storage(grid),
    declarations: [...fieldDeclarations(grid), gridUpstream(grid)],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      gridThread(grid),
      // Compared as integers: comparisons of floats would lose NaN.
      'var largest = vec4(0);',
      contributions(grid, jet, 'largest = max(largest, bitcast<vec4<i32>>(abs(part)));'),
      `atomicMax(&tableSums[${offsetsOfSums(grid, fixed).largest}], max(max(largest.x, largest.y), max(largest.z, largest.w)));`,
    ),
  });

/** Adds all contributions to the sums of their rows. */
export const addContributions = (grid: GridShape, jet: JetShape, fixed: FixedPoint): Shader => {
  const { limbs } = fixed;
  const { rowFeatures } = grid;
  const offsets = offsetsOfSums(grid, fixed);
  return shader({
    label: 'table gradient',
    sizes: sizesOf(grid),
    storage: storage(grid),
    declarations: [...fieldDeclarations(grid), unitFunctions(fixed), gridUpstream(grid)],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      gridThread(grid),
      `let largest = atomicLoad(&tableSums[${offsets.largest}]);`,
      repeat(limbs, limb => `let unit${limb} = unit(largest, ${limb});`),
      contributions(
        grid,
        jet,
        lines(
          'var rest = part;',
          repeat(limbs, limb =>
            lines(
              `let whole${limb} = round(rest * power(-unit${limb}));`,
              limb === limbs - 1 ? '' : `rest = fma(whole${limb}, vec4(-power(unit${limb})), rest);`,
            ),
          ),
          `let first = ${offsets.sums} + ${limbs}u * (row * ${rowFeatures}u + vector * 4u);`,
          `for (var k = 0u; k < 4u && vector * 4u + k < ${rowFeatures}u; k++) {`,
          indent(
            repeat(limbs, limb => `atomicAdd(&tableSums[first + ${limbs}u * k + ${limb}u], i32(whole${limb}[k]));`),
          ),
          '}',
        ),
      ),
    ),
  });
};

/** Clears the first `sizes.count` integers of `tableSums`. */
export const clearTableSums: Shader = shader({
  label: 'table gradient, clear',
  sizes: ['count', 'columns'],
  storage: [writes('tableSums', 'i32')],
  workgroup: [EACH_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${EACH_THREADS}u + lane;`,
    'if (i < sizes.count) { tableSums[i] = 0; }',
  ),
});

/**
 * Converts the `sizes.count` sums to floats and writes them to `gradient[sizes.offset ...]`, added to it if
 * `sizes.continues` is 1. If a contribution to a table was NaN or too large, the whole gradient is NaN.
 */
export const tableSumsToGradient = ({ own, rows, rowFeatures }: GridShape, { bits, limbs }: FixedPoint): Shader => {
  const terms = Array.from(
    { length: limbs },
    (_, limb) => `f32(tableSums[first + ${limb}u]) * power(unit(largest, ${limb}))`,
  );
  return shader({
    label: 'table gradient, to floats',
    sizes: ['count', 'offset', 'continues', 'columns', ...(own ? ['fields'] : [])],
    storage: [reads('tableSums', 'i32'), writes('gradient', 'f32')],
    declarations: [unitFunctions({ bits, limbs })],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      `let i = (group.y * sizes.columns + group.x) * ${EACH_THREADS}u + lane;`,
      'if (i >= sizes.count) { return; }',
      own ? `let field = i / ${rows * rowFeatures}u;` : '',
      `let largest = tableSums[${own ? 'field' : '0'}];`,
      `let first = ${own ? 'sizes.fields' : '1u'} + ${limbs}u * i;`,
      // Smallest first.
      `let sum = ${[...terms].reverse().join(' + ')};`,
      // WGSL has no literal for NaN, so its bits are used.
      'let value = select(sum, bitcast<f32>(largest | 0x7fc00000), largest >= 0x7e800000);',
      'gradient[sizes.offset + i] = select(value, gradient[sizes.offset + i] + value, sizes.continues == 1u);',
    ),
  });
};
