import '@tensorflow/tfjs-backend-cpu';
import { engine, type NamedTensorMap, setBackend, type Tensor1D, tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.ts';
import { normalValues } from './compare-with-cpu.ts';
import { type Matrix, product, transpose } from './matrices.ts';

beforeAll(() => setBackend('simd'));

const UPDATE = {
  ...{ beta1: 0.9, beta2: 0.8, gramBeta: 0.7, epsilon: 1e-3 },
  ...{ stepSize: 0.2, secondCorrection: 1.3, parameterScale: 0.99 },
};

const combine = (a: Matrix, b: Matrix, of: (x: number, y: number) => number): number[][] =>
  a.map((row, i) => row.map((x, j) => of(x, b[i]?.[j] as number)));

interface Matrices {
  readonly parameters: Matrix;
  readonly gradient: Matrix;
  readonly first: Matrix;
  readonly second: Matrix;
  readonly rowGrams?: Matrix;
  readonly rowBases?: Matrix;
  readonly columnGrams?: Matrix;
  readonly columnBases?: Matrix;
}

/** The update in float64, by its definition: the next parameters, m, v, L and R. */
const updated = (given: Matrices): Matrix[] => {
  const { beta1, beta2, gramBeta, epsilon, stepSize, secondCorrection, parameterScale } = UPDATE;
  const { parameters, gradient, rowGrams, rowBases, columnGrams, columnBases } = given;
  const mixed = (old: Matrix, next: Matrix, beta: number): Matrix =>
    combine(old, next, (x, y) => beta * x + (1 - beta) * y);
  const half = rowBases ? product(rowBases, gradient) : gradient;
  const rotated = columnBases ? product(half, transpose(columnBases)) : half;
  const first = mixed(given.first, rotated, beta1);
  const second = mixed(
    given.second,
    combine(rotated, rotated, (x, y) => x * y),
    beta2,
  );
  const direction = combine(first, second, (m, v) => m / (Math.sqrt(v) * secondCorrection + epsilon));
  const left = rowBases ? product(transpose(rowBases), direction) : direction;
  const change = columnBases ? product(left, columnBases) : left;
  return [
    combine(parameters, change, (p, d) => parameterScale * p - stepSize * d),
    ...[first, second],
    ...(rowGrams ? [mixed(rowGrams, product(gradient, transpose(gradient)), gramBeta)] : []),
    ...(columnGrams ? [mixed(columnGrams, product(transpose(gradient), gradient), gramBeta)] : []),
  ];
};

const shapes = [
  { rows: 1, columns: 1, sides: ['row', 'column'] },
  { rows: 2, columns: 40, sides: ['row', 'column'] },
  { rows: 33, columns: 17, sides: ['column'] },
  { rows: 20, columns: 70, sides: ['row'] },
  { rows: 64, columns: 64, sides: ['row', 'column'] },
  { rows: 5, columns: 3, sides: [] },
] as const;

const rowsOf = (values: ArrayLike<number>, start: number, rows: number, columns: number): Matrix =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (__, j) => values[start + i * columns + j] as number),
  );

describe('the SOAP update', () => {
  it('agrees with float64 for matrices of all kinds, with other elements around them', async () => {
    // Between two matrices are as many other elements as the index of the second.
    const places: number[] = [];
    let [size, squares] = [0, 0];
    for (const [index, { rows, columns, sides }] of shapes.entries()) {
      size += index;
      places.push(size, rows, columns);
      for (const [side, length] of [
        ['row', rows],
        ['column', columns],
      ] as const) {
        const has = (sides as readonly string[]).includes(side);
        places.push(has ? squares : -1);
        if (has) squares += length * length;
      }
      size += rows * columns;
    }
    size += 2;
    const given = Object.fromEntries(
      ['parameters', 'gradient', 'first', 'second', 'grams', 'bases'].map((name, at) => {
        const values = normalValues(at < 4 ? size : squares, at);
        return [
          name,
          values.map(value => (name === 'second' ? Math.abs(value) : name === 'bases' ? value / 8 : value)),
        ];
      }),
    ) as Record<string, Float32Array>;
    const inputs = Object.fromEntries(
      Object.entries(given).map(([name, values]) => [name, tensor1d(values)]),
    ) as NamedTensorMap;
    const { numTensors } = engine().memory();
    const found = engine().runKernel('NeuralFieldsSoapUpdate', inputs, { ...UPDATE, matrices: places }) as Tensor1D[];
    expect(engine().memory().numTensors).toBe(numTensors + 4);
    const [parameters, first, second, grams] = (await Promise.all(found.map(each => each.data()))) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const expectClose = (values: Matrix, expected: Matrix): void => {
      const scale = Math.max(...expected.flat().map(Math.abs));
      for (const [i, row] of expected.entries())
        for (const [j, value] of row.entries())
          expect(Math.abs((values[i]?.[j] as number) - value)).toBeLessThan(1e-5 * scale);
    };
    const check = (
      start: number,
      [rows, columns]: readonly [number, number],
      [left, right]: readonly number[],
    ): void => {
      const own = (name: string): Matrix => rowsOf(given[name] as Float32Array, start, rows, columns);
      const square = (name: string, from: number, side: number): Matrix => rowsOf(given[name]!, from, side, side);
      const expected = updated({
        ...{ parameters: own('parameters'), gradient: own('gradient'), first: own('first'), second: own('second') },
        ...(left! >= 0 && { rowGrams: square('grams', left!, rows), rowBases: square('bases', left!, rows) }),
        ...(right! >= 0 && {
          columnGrams: square('grams', right!, columns),
          columnBases: square('bases', right!, columns),
        }),
      });
      const obtained = [
        ...[parameters, first, second].map(values => rowsOf(values, start, rows, columns)),
        ...(left! >= 0 ? [rowsOf(grams, left!, rows, rows)] : []),
        ...(right! >= 0 ? [rowsOf(grams, right!, columns, columns)] : []),
      ];
      expect(obtained).toHaveLength(expected.length);
      for (const [index, matrix] of expected.entries()) expectClose(obtained[index] as Matrix, matrix);
    };
    let end = 0;
    for (let at = 0; at < places.length; at += 5) {
      const [start, rows, columns, left, right] = places.slice(at, at + 5) as [number, number, number, number, number];
      if (start > end) check(end, [1, start - end], [-1, -1]);
      check(start, [rows, columns], [left, right]);
      end = start + rows * columns;
    }
    check(end, [1, size - end], [-1, -1]);
  });

  it.each([
    [[0, 2, 2, -1, -1], 'must be within the vectors, got [0, 2, 2, -1, -1]'],
    [[0, 1, 1, -1, -1, 0, 1, 1, -1, -1], 'matrix 1 must be within the vectors'],
    [[0, 1, 2, 1, -1], 'matrix 0 must be within the vectors'],
    [[0, 1, 2, -1, -1], 'soap update: grams must be [0], got [1]'],
  ])('checks where the matrices are: %j', (matrices, message) => {
    const three = tensor1d([1, 2, 3]);
    const one = tensor1d([1]);
    const vectors = { parameters: three, gradient: three, first: three, second: three, grams: one, bases: one };
    const attempt = () => engine().runKernel('NeuralFieldsSoapUpdate', vectors, { ...UPDATE, matrices });
    expect(attempt).toThrow(message);
  });
});
