/**
 * @file The gradient of a grid's table: every corner of every point adds to a row, and many meet in one. WGSL has no
 *   atomic addition of floats, whose result would depend on the order anyway; integers are added instead, so the same
 *   work gives the same bits. First the largest number of all is found, then each is taken as a multiple of a power of
 *   two so small that the sum of all of them cannot overflow; what is left over is taken as a multiple of a smaller
 *   power, and so on, until 2^-23 of the largest number is reached.
 */
import { blockCount, forwardOrder, type JetShape } from '../jet-rule.ts';
import { FIELD } from '../point-range.ts';
import { indent, lines, reads, repeat, type Shader, type StorageBinding, shader, writes } from '../shader.ts';
import { EACH_THREADS } from './each.ts';
import { gridThread, gridUpstream } from './grid.ts';
import { cellOf, cornerFormulas, eachCorner, type GridShape, gridSizes, gridStorage, loadInput } from './grid-cells.ts';

/** Bits of an integer that a sum may take, its sign apart. */
const SUM_BITS = 30;
/** Bits behind the largest number that must be kept. */
const KEPT_BITS = 23;

/** How so many numbers are added up. */
export interface FixedPoint {
  /** Twice to this power is no less than how many there are. */
  readonly bits: number;
  /** Integers for each sum. */
  readonly limbs: number;
}

/** @param count the most numbers that may meet in one sum */
export const fixedPoint = (count: number): FixedPoint => {
  const bits = Math.max(1, Math.ceil(Math.log2(count)));
  let [limbs, exponent] = [1, bits - SUM_BITS];
  // What a limb leaves over is half of its unit at most.
  while (exponent > -KEPT_BITS && limbs < 8) {
    limbs += 1;
    exponent += bits - SUM_BITS - 1;
  }
  return { bits, limbs };
};

/** Integers of `tableSums` for one table: the bits of the largest number, and the limbs of each sum. */
export const tableSumsLength = (numbers: number, { limbs }: FixedPoint): number => 1 + limbs * numbers;

/**
 * The place of the largest number, and of the first of the sums. Of many tables the largest numbers come first, one for
 * each.
 */
const placesOfSums = ({ own, rows, rowFeatures }: GridShape, { limbs }: FixedPoint) =>
  own
    ? { largest: 'field', sums: `sizes.fields + ${limbs}u * field * ${rows * rowFeatures}u` }
    : { largest: '0', sums: '1u' };

const sizesOf = (grid: GridShape): string[] => [...gridSizes(grid), ...(grid.own ? ['fields'] : [])];

const fieldDeclarations = ({ own }: GridShape): string[] => (own ? [FIELD] : []);

/**
 * `unit(bits, limb)`: the power of two of which a limb is a multiple, as an exponent, for the bits of the largest
 * number.
 */
const unitFunctions = ({ bits }: FixedPoint): string =>
  lines(
    'fn power(exponent: i32) -> f32 { return bitcast<f32>(u32(exponent + 127) << 23u); }',
    'fn unit(largest: i32, limb: i32) -> i32 {',
    `  return clamp((largest >> 23u) - 126, -40, 120) + ${bits - SUM_BITS} + limb * ${bits - SUM_BITS - 1};`,
    '}',
  );

/** The numbers that a thread's vector adds to each corner's row. */
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

/** The bits of the largest number of each table to `tableSums`. */
export const largestContribution = (grid: GridShape, jet: JetShape, fixed: FixedPoint): Shader =>
  shader({
    label: 'table gradient, largest',
    sizes: sizesOf(grid),
    storage: storage(grid),
    declarations: [...fieldDeclarations(grid), gridUpstream(grid)],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      gridThread(grid),
      // As integers: comparisons of floats lose NaN.
      'var most = vec4(0);',
      contributions(grid, jet, 'most = max(most, bitcast<vec4<i32>>(abs(part)));'),
      `atomicMax(&tableSums[${placesOfSums(grid, fixed).largest}], max(max(most.x, most.y), max(most.z, most.w)));`,
    ),
  });

/** All numbers to the sums of their rows. */
export const addContributions = (grid: GridShape, jet: JetShape, fixed: FixedPoint): Shader => {
  const { limbs } = fixed;
  const { rowFeatures } = grid;
  const places = placesOfSums(grid, fixed);
  return shader({
    label: 'table gradient',
    sizes: sizesOf(grid),
    storage: storage(grid),
    declarations: [...fieldDeclarations(grid), unitFunctions(fixed), gridUpstream(grid)],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      gridThread(grid),
      `let largest = atomicLoad(&tableSums[${places.largest}]);`,
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
          `let place = ${places.sums} + ${limbs}u * (row * ${rowFeatures}u + vector * 4u);`,
          `for (var k = 0u; k < 4u && vector * 4u + k < ${rowFeatures}u; k++) {`,
          indent(
            repeat(limbs, limb => `atomicAdd(&tableSums[place + ${limbs}u * k + ${limb}u], i32(whole${limb}[k]));`),
          ),
          '}',
        ),
      ),
    ),
  });
};

/** The first `sizes.count` integers of `tableSums` become 0. */
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
 * The `sizes.count` sums as floats to `gradient[sizes.offset ...]`, added to what is there where `sizes.continues` is
 * 1. Where one of the numbers of a table was too large or none, all are NaN.
 */
export const tableSumsToGradient = ({ own, rows, rowFeatures }: GridShape, { bits, limbs }: FixedPoint): Shader => {
  const terms = Array.from(
    { length: limbs },
    (_, limb) => `f32(tableSums[place + ${limb}u]) * power(unit(largest, ${limb}))`,
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
      `let place = ${own ? 'sizes.fields' : '1u'} + ${limbs}u * i;`,
      // Smallest first.
      `let sum = ${[...terms].reverse().join(' + ')};`,
      // The bits of NaN, which WGSL has no literal for.
      'let value = select(sum, bitcast<f32>(largest | 0x7fc00000), largest >= 0x7e800000);',
      'gradient[sizes.offset + i] = select(value, gradient[sizes.offset + i] + value, sizes.continues == 1u);',
    ),
  });
};
