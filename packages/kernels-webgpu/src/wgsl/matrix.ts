/** @file Reads matrices in vectors of four elements. */
import { indent, lines } from './shader.ts';

/** The element type with which a matrix is bound: vectors if the length of its rows is a multiple of four. */
export const matrixType = (columns: number): 'f32' | 'vec4<f32>' => (columns % 4 === 0 ? 'vec4<f32>' : 'f32');

/** A bound matrix. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Whether there is one for each field; the variable `field` selects it. */
  readonly own?: boolean;
}

/** `name(row, vector)`: four neighbouring elements in a row of the matrix `source`; 0 out of bounds. */
export const matrixFunction = (name: string, source: string, { rows, columns, own = false }: Matrix): string => {
  const vectors = Math.ceil(columns / 4);
  const index = own ? `(field * ${rows}u + row)` : 'row';
  const guard = `if (row >= ${rows}u || vector >= ${vectors}u) { return vec4(0.0); }`;
  const read =
    columns % 4 === 0
      ? [`return ${source}[${index} * ${vectors}u + vector];`]
      : [
          'var result = vec4(0.0);',
          `for (var i = 0u; i < 4u && vector * 4u + i < ${columns}u; i++) { result[i] = ${source}[${index} * ${columns}u + vector * 4u + i]; }`,
          'return result;',
        ];
  return lines(`fn ${name}(row: u32, vector: u32) -> vec4<f32> {`, indent(lines(guard, ...read)), '}');
};

/** `addProducts(x, w0, w1, w2, w3, sum)`: sum + x times four rows of a matrix. */
export const addProducts = `\
fn addProducts(x: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>, sum: vec4<f32>) -> vec4<f32> {
  return fma(vec4(x.w), w3, fma(vec4(x.z), w2, fma(vec4(x.y), w1, fma(vec4(x.x), w0, sum))));
}`;
