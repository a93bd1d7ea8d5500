/**
 * @file Weights in 8 bits: each column of a matrix, in blocks of 64 rows, is an integer from -127 to 127 times a scale.
 *
 *     w_ij = q_ij s_bj,   b = floor(i / 64),   s_bj = max_i abs(w_ij) / 127 over the rows i of block b
 *
 * Columns belong to outputs, so that a neuron with small weights keeps their digits. Without blocks, a table of
 * thousands of rows would have one scale for each column. Smaller scales that clip the largest weights, or rounding
 * that minimises the error at the outputs (GPTQ), gain less than 1 dB of the output of a SIREN.
 */
import type { ShapedArray } from './safetensors.ts';

/** The rows that share a scale. Part of the format. */
export const BLOCK_ROWS = 64;

/** The largest integer: symmetric, so that 0 and the sign are exact. */
const LARGEST = 127;

/** A matrix in 8 bits. */
export interface QuantizedArray {
  /** `i8[..., columns]`, the shape of the weights. */
  readonly values: ShapedArray<Int8Array>;
  /** `f32[ceil(rows / 64), columns]`. */
  readonly scales: ShapedArray<Float32Array>;
}

/** The number of rows and columns: the last axis is the columns, all others together are the rows. */
export const matrixShape = (shape: readonly number[]): readonly [rows: number, columns: number] => [
  shape.slice(0, -1).reduce((product, size) => product * size, 1),
  shape.at(-1) ?? 1,
];

/** The shape of the scales of an array. */
export const scaleShape = (shape: readonly number[]): readonly [blocks: number, columns: number] => {
  const [rows, columns] = matrixShape(shape);
  return [Math.ceil(rows / BLOCK_ROWS), columns];
};

/** Rounds finite weights to 8 bits. */
export const quantizeInt8 = ({ shape, data }: ShapedArray<Float32Array>): QuantizedArray => {
  const [blocks, columns] = scaleShape(shape);
  const scales = new Float32Array(blocks * columns);
  const scaleAt = (i: number): number => Math.floor(i / (BLOCK_ROWS * columns)) * columns + (i % columns);
  for (let i = 0; i < data.length; i++) {
    const at = scaleAt(i);
    scales[at] = Math.max(scales[at] as number, Math.abs(data[i] as number) / LARGEST);
  }
  const values = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const scale = scales[scaleAt(i)] as number;
    // The scale was rounded to float32, perhaps down, to 0 where all weights of the block are next to 0.
    if (scale > 0) values[i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round((data[i] as number) / scale)));
  }
  return { values: { shape, data: values }, scales: { shape: [blocks, columns], data: scales } };
};

/** The weights `q s` in float32. The scales have the shape {@link scaleShape}. */
export const dequantizeInt8 = ({ values: { shape, data }, scales }: QuantizedArray): ShapedArray<Float32Array> => {
  const [, columns] = matrixShape(shape);
  const weights = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++)
    weights[i] =
      (data[i] as number) * (scales.data[Math.floor(i / (BLOCK_ROWS * columns)) * columns + (i % columns)] as number);
  return { shape, data: weights };
};
