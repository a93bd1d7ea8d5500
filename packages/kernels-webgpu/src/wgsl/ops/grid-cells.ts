/**
 * @file The common code of all grid shaders: the cell of a point, the rows of its corners, and the coefficient of each
 *   corner. The formulas are in core's `ops/grid.ts`. With s for the product of a corner's interpolation weights, s_i
 *   for its derivative along axis i, and so on, the coefficients are
 *
 *     W0 = s      W1_k = sum_i x1_k,i s_i      W2_j = sum_i x2_j,i s_i + sum_i<l c_j,il s_il      c_j,il = 2 sum_kp A_jkp x1_k,i x1_p,l
 *
 * in the blocks of the output jet.
 */
import { HASH_PRIMES } from '@neural-fields/core/kernels';
import { literal } from '../formula.ts';
import { blockCount, type JetShape } from '../jet-rule.ts';
import { matrixFunction, matrixType } from '../matrix.ts';
import { FIELD } from '../point-range.ts';
import { indent, lines, reads, repeat, type StorageBinding } from '../shader.ts';

/** A table with its levels. */
export interface GridShape {
  /** D, the width of the input. */
  readonly axes: number;
  /** Rows of the table. */
  readonly rows: number;
  readonly rowFeatures: number;
  readonly levels: number;
  /** Whether the input are coordinates, which have known derivatives. */
  readonly isCoords: boolean;
  /** Whether each field has its own table. */
  readonly own: boolean;
}

/** Features of the output. */
export const gridFeatures = ({ levels, rowFeatures }: GridShape): number => levels * rowFeatures;

export const paddedTo = (features: number): number => 4 * Math.ceil(features / 4);

/** Vectors of four features in a row of the table. */
export const rowVectors = ({ rowFeatures }: GridShape): number => Math.ceil(rowFeatures / 4);

/** A factor: a constant or an expression. */
type Factor = number | string;

/** A product; `undefined` if it is 0. */
const product = (...factors: readonly Factor[]): string | undefined => {
  if (factors.includes(0)) return undefined;
  const parts = factors.flatMap(factor =>
    factor === 1 ? [] : [typeof factor === 'number' ? literal(factor) : factor],
  );
  return parts.join(' * ') || '1.0';
};

/** A sum; 0 if all terms are `undefined`. */
export const sumOf = (terms: readonly (string | undefined)[]): string =>
  terms.filter(term => term !== undefined).join(' + ') || '0.0';

const weightDerivative = (...axes: readonly number[]): string => `s${[...axes].sort().join('_')}`;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** All sets of `size` of the axes. */
const setsOf = (axes: number, size: number): number[][] =>
  size === 0
    ? [[]]
    : setsOf(axes, size - 1).flatMap(set =>
        range(axes).flatMap(axis => (axis > (set.at(-1) ?? -1) ? [[...set, axis]] : [])),
      );

/** Expressions for the coefficients of a corner, and for their derivatives. */
export interface CornerFormulas {
  /** The coefficient W of a block. */
  weight(block: number): string;
  /** Its derivative by x0_i. */
  weightByValue(block: number, i: number): string;
  /** Its derivative by x1_k,i, for blocks of second-order forms. */
  formByFirst(block: number, k: number, i: number): string;
  /** The name of the product of weights, differentiated along different axes. */
  weightDerivative(...axes: readonly number[]): string;
}

export const cornerFormulas = ({ axes, isCoords }: GridShape, jet: JetShape): CornerFormulas => {
  const { first, pairs, weights } = jet;
  const x = (block: number, axis: number): Factor => {
    if (block === 0 || !isCoords) return `x${block}_${axis}`;
    return block <= first && block - 1 === axis ? 1 : 0;
  };
  const others = (...without: readonly number[]): number[] => range(axes).filter(axis => !without.includes(axis));
  /** c_j,il times a factor. */
  const mixed = (j: number, i: number, l: number, factor: Factor): (string | undefined)[] =>
    pairs.flatMap(([k, p], index) => {
      const weight = weights[j]?.[index] as number;
      return [product(weight, x(k + 1, i), x(p + 1, l), factor), product(weight, x(p + 1, i), x(k + 1, l), factor)];
    });
  /** The derivative of c_j,il by x1_k,i, times a factor. */
  const mixedBy = (j: number, k: number, l: number, factor: Factor): (string | undefined)[] =>
    pairs.flatMap(([a, b], index) => {
      const weight = weights[j]?.[index] as number;
      return [
        ...(a === k ? [product(weight, x(b + 1, l), factor)] : []),
        ...(b === k ? [product(weight, x(a + 1, l), factor)] : []),
      ];
    });
  const formOf = (block: number): number => block - 1 - first;
  const weight = (block: number): string => {
    if (block === 0) return weightDerivative();
    const firstOrder = range(axes).map(i => product(x(block, i), weightDerivative(i)));
    const secondOrder =
      block <= first
        ? []
        : setsOf(axes, 2).flatMap(([i, l]) =>
            mixed(formOf(block), i as number, l as number, weightDerivative(i as number, l as number)),
          );
    return sumOf([...firstOrder, ...secondOrder]);
  };
  const weightByValue = (block: number, i: number): string => {
    if (block === 0) return weightDerivative(i);
    const firstOrder = others(i).map(l => product(x(block, l), weightDerivative(i, l)));
    const secondOrder =
      block <= first
        ? []
        : setsOf(axes, 2)
            .filter(set => !set.includes(i))
            .flatMap(([l, m]) =>
              mixed(formOf(block), l as number, m as number, weightDerivative(i, l as number, m as number)),
            );
    return sumOf([...firstOrder, ...secondOrder]);
  };
  const formByFirst = (block: number, k: number, i: number): string =>
    sumOf(others(i).flatMap(l => mixedBy(formOf(block), k, l, weightDerivative(i, l))));
  return { weight, weightByValue, formByFirst, weightDerivative };
};

/**
 * The buffers of all grid shaders: the input, the table, and (resolution, first row, rows, whether hashed) of each
 * level.
 */
export const gridStorage = ({ rowFeatures }: GridShape): StorageBinding[] => [
  reads('x', 'f32'),
  reads('table', matrixType(rowFeatures)),
  reads('levels', 'vec4<u32>'),
];

export const gridDeclarations = ({ rows, rowFeatures, own }: GridShape): string[] => [
  ...(own ? [FIELD] : []),
  matrixFunction('rowAt', 'table', { rows, columns: rowFeatures, own }),
];

/** The sizes of shaders that run over points and look up the table. */
export const gridSizes = ({ own }: GridShape): string[] => ['points', 'columns', ...(own ? ['fieldPoints'] : [])];

/** The statement that selects the field of the table. */
export const fieldOfPoint = ({ own }: GridShape): string => (own ? 'field = point / sizes.fieldPoints;' : '');

/** Statements that load the input at `point`. */
export const loadInput = ({ axes, isCoords }: GridShape, jet: JetShape): string =>
  repeat(isCoords ? 1 : blockCount(jet), block =>
    repeat(
      axes,
      axis => `let x${block}_${axis} = x[(${block}u * sizes.points + point) * ${paddedTo(axes)}u + ${axis}u];`,
    ),
  );

/** Statements that define the cell of `point` on `level`. */
export const cellOf = ({ axes }: GridShape): string =>
  lines(
    'let info = levels[level];',
    'let scale = 0.5 * f32(info.x);',
    repeat(axes, a =>
      lines(
        `let u${a} = (x0_${a} + 1.0) * scale;`,
        `let low${a} = clamp(floor(u${a}), 0.0, f32(info.x) - 1.0);`,
        `let t${a} = u${a} - low${a};`,
        `let cell${a} = u32(low${a});`,
      ),
    ),
  );

/**
 * A loop over the corners of the cell; its statements see the corner's `row`, and the products of weights with their
 * derivatives up to an order.
 *
 * @param order of the derivatives
 */
export const eachCorner = ({ axes }: GridShape, order: number, statements: string): string => {
  const vertex = (a: number): string => `(cell${a} + bit${a})`;
  const dense = range(axes)
    .reverse()
    .reduce((inner, a) => (inner === '' ? vertex(a) : `(${vertex(a)} + side * ${inner})`), '');
  const hash = range(axes)
    .map(a => `(${vertex(a)} * ${(HASH_PRIMES[a] as number) >>> 0}u)`)
    .join(' ^ ');
  const products = range(Math.min(order, axes) + 1).flatMap(size =>
    setsOf(axes, size).map(set => {
      const factors = range(axes).map(axis => `${set.includes(axis) ? 'd' : 'w'}${axis}`);
      return `let ${weightDerivative(...set)} = ${factors.join(' * ')};`;
    }),
  );
  return lines(
    `for (var corner = 0u; corner < ${2 ** axes}u; corner++) {`,
    indent(
      lines(
        repeat(axes, a =>
          lines(
            `let bit${a} = (corner >> ${a}u) & 1u;`,
            `let w${a} = select(1.0 - t${a}, t${a}, bit${a} == 1u);`,
            `let d${a} = select(-scale, scale, bit${a} == 1u);`,
          ),
        ),
        'let side = info.x + 1u;',
        `let hash = ${hash};`,
        `let row = info.y + select(${dense}, hash & (info.z - 1u), info.w == 1u);`,
        ...products,
        statements,
      ),
    ),
    '}',
  );
};
