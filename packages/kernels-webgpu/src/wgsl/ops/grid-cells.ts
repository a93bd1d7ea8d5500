/**
 * @file The common code of all grid shaders: the cell of a point, the rows of its corners, and the coefficient of each
 *   corner. The formulas are in core's `ops/grid.ts`. With s for the product of a corner's interpolation weights, s_i
 *   for its derivative along axis i, and so on, the coefficients are
 *
 *     W0 = s      W1_k = sum_i x1_k,i s_i      W2_j = sum_i x2_j,i s_i + sum_i<l c_j,il s_il      c_j,il = 2 sum_kp A_jkp x1_k,i x1_p,l
 *
 * in the blocks of the output jet.
 */
import { type GridOperation, HASH_PRIMES, weightPolynomial } from '@neural-fields/core/kernels';
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
  readonly interpolation: GridOperation['interpolation'];
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

/** The name of the product of weights, differentiated along axes. */
const derivativeName = (axes: readonly number[]): string => `s${[...axes].sort().join('_')}`;

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** How often an axis is among others. */
const timesOf = (axes: readonly number[], axis: number): number => axes.filter(other => other === axis).length;

type Interpolation = Pick<GridShape, 'interpolation'>;

/** Whether the product of weights, differentiated along axes, is 0. */
const isZero = ({ interpolation }: Interpolation, along: readonly number[]): boolean =>
  along.some(axis => weightPolynomial(interpolation, timesOf(along, axis)).length === 0);

/** All selections of `size` of the axes, with repetition, along which the derivative is not 0. */
const selectionsOf = (grid: Interpolation & Pick<GridShape, 'axes'>, size: number): number[][] =>
  size === 0
    ? [[]]
    : selectionsOf(grid, size - 1).flatMap(set =>
        range(grid.axes)
          .filter(axis => axis >= (set.at(-1) ?? 0))
          .map(axis => [...set, axis])
          .filter(along => !isZero(grid, along)),
      );

/** Expressions for the coefficients of a corner, and for their derivatives. */
export interface CornerFormulas {
  /** The coefficient W of a block. */
  weight(block: number): string;
  /** Its derivative by x0_i. */
  weightByValue(block: number, i: number): string;
  /** Its derivative by x1_k,i, for blocks of second-order forms. */
  formByFirst(block: number, k: number, i: number): string;
  /** The derivative of the product of weights along an axis. */
  weightDerivative(axis: number): string;
}

export const cornerFormulas = (grid: GridShape, jet: JetShape): CornerFormulas => {
  const { axes, isCoords } = grid;
  const { first, pairs, weights } = jet;
  const derivative = (...along: readonly number[]): Factor => (isZero(grid, along) ? 0 : derivativeName(along));
  const x = (block: number, axis: number): Factor => {
    if (block === 0 || !isCoords) return `x${block}_${axis}`;
    return block <= first && block - 1 === axis ? 1 : 0;
  };
  /** c_j,il times a factor; i <= l. */
  const mixed = (j: number, i: number, l: number, factor: Factor): (string | undefined)[] =>
    pairs.flatMap(([k, p], index) => {
      const weight = weights[j]?.[index] as number;
      const term = product(weight, x(k + 1, i), x(p + 1, l), factor);
      return i === l ? [term] : [term, product(weight, x(p + 1, i), x(k + 1, l), factor)];
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
  /** The sum of c_j,il times the derivatives along i, l and the axes of `along`. */
  const secondOrder = (block: number, ...along: readonly number[]): (string | undefined)[] =>
    block <= first
      ? []
      : range(axes).flatMap(i =>
          range(axes - i).flatMap(k => mixed(formOf(block), i, i + k, derivative(...along, i, i + k))),
        );
  const weight = (block: number): string => {
    if (block === 0) return derivativeName([]);
    return sumOf([...range(axes).map(i => product(x(block, i), derivative(i))), ...secondOrder(block)]);
  };
  const weightByValue = (block: number, i: number): string => {
    if (block === 0) return weightDerivative(i);
    return sumOf([...range(axes).map(l => product(x(block, l), derivative(i, l))), ...secondOrder(block, i)]);
  };
  const formByFirst = (block: number, k: number, i: number): string =>
    sumOf(range(axes).flatMap(l => mixedBy(formOf(block), k, l, derivative(i, l))));
  const weightDerivative = (axis: number): string => sumOf([product(derivative(axis))]);
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

/** An expression as a factor. */
const bracketed = (expression: string): string => (/^\w+$/.test(expression) ? expression : `(${expression})`);

/** The derivative of the weight of an axis's upper vertex, by Horner's rule. */
const upperWeight = ({ interpolation }: Interpolation, axis: number, order: number): string => {
  const [last, ...others] = [...weightPolynomial(interpolation, order)].reverse();
  const t = interpolation === 'nearest' ? `select(0.0, 1.0, t${axis} > 0.5)` : `t${axis}`;
  let sum = '';
  for (const coefficient of others) {
    const scaled = sum === '' ? product(last as number, t) : `(${sum}) * ${t}`;
    sum = coefficient === 0 ? (scaled as string) : `${scaled} + ${literal(coefficient)}`;
  }
  const powers = Array.from({ length: order }, () => 'scale').join(' * ');
  if (order === 0) return sum;
  if (sum === '') return product(last as number, powers) as string;
  return `(${sum}) * ${powers}`;
};

/** The names of the derivatives of an axis's weight, by order. */
const edgeName = (axis: number, order: number): string => `${['w', 'd', 'dd', 'ddd'][order]}${axis}`;

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
export const eachCorner = (grid: GridShape, order: number, statements: string): string => {
  const { axes, interpolation } = grid;
  const vertex = (a: number): string => `(cell${a} + bit${a})`;
  const dense = range(axes)
    .reverse()
    .reduce((inner, a) => (inner === '' ? vertex(a) : `(${vertex(a)} + side * ${inner})`), '');
  const hash = range(axes)
    .map(a => `(${vertex(a)} * ${(HASH_PRIMES[a] as number) >>> 0}u)`)
    .join(' ^ ');
  const products = range(order + 1).flatMap(size =>
    selectionsOf(grid, size).map(along => {
      const factors = range(axes).map(axis => edgeName(axis, timesOf(along, axis)));
      return `let ${derivativeName(along)} = ${factors.join(' * ')};`;
    }),
  );
  const orders = range(order + 1).filter(k => weightPolynomial(interpolation, k).length > 0);
  const edges = (a: number): string =>
    orders
      .map(k => {
        const upper = upperWeight(grid, a, k);
        const name = edgeName(a, k);
        if (k === 0) return `let ${name} = select(1.0 - ${bracketed(upper)}, ${upper}, bit${a} == 1u);`;
        return `let ${name} = select(-${bracketed(upper)}, ${upper}, bit${a} == 1u);`;
      })
      .join('\n');
  return lines(
    `for (var corner = 0u; corner < ${2 ** axes}u; corner++) {`,
    indent(
      lines(
        repeat(axes, a => lines(`let bit${a} = (corner >> ${a}u) & 1u;`, edges(a))),
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
