/**
 * @file The precision of the parameters in a field file.
 *
 *     float32   as they are
 *     float16   matrices in IEEE 754 binary16
 *     int8      matrices in 8 bits with a scale for every 64 rows of a column
 *
 * Vectors, and matrices that multiply the coordinates, are float32 in all of them. They are a hundredth of a network,
 * but omega0 and the coordinates amplify their rounding errors: the output of a SIREN with all parameters in float16
 * has a PSNR of 55 dB against the original, with these in float32 79 dB; in int8 32 and 50 dB. bfloat16 is not offered:
 * its 37 dB are worse than those of int8, and it takes twice the bytes.
 */

import type { Extensions } from '../spec/layer.ts';
import { parameterLayout } from '../spec/spec.ts';
import { assertFinite, type FieldData, listNames, pickParameters } from './field-data.ts';
import { FieldFileError } from './field-file-error.ts';
import { narrowFloat16, widenFloat16 } from './half-floats.ts';
import { dequantizeInt8, matrixShape, quantizeInt8, scaleShape } from './int8-blocks.ts';
import type { EncodableArray, SafetensorsTensor, ShapedArray } from './safetensors.ts';

/** The precision of the matrices of a field file. */
export type FieldPrecision = 'float32' | 'float16' | 'int8';

/** All precisions, from the largest file to the smallest. */
export const fieldPrecisions: readonly FieldPrecision[] = ['float32', 'float16', 'int8'];

/** The prefix of the arrays with the scales of 8-bit parameters. */
const SCALE = 'scale.';

/** With fewer rows than this, the scales of 8-bit parameters would take as much as they save. */
const FEWEST_QUANTIZED_ROWS = 8;

/** The largest change of a parameter, and the root mean square of all changes. */
export interface ParameterChange {
  readonly largest: number;
  readonly rms: number;
}

/** A field with the parameters that a file of a lower precision has. */
export interface RoundedField {
  readonly data: FieldData;
  readonly change: ParameterChange;
}

/** @throws RangeError when it is not a precision */
export const assertPrecision = (what: string, precision: FieldPrecision): void => {
  if (!fieldPrecisions.includes(precision))
    throw new RangeError(`${what}: precision must be one of ${fieldPrecisions.join(', ')}, got ${String(precision)}`);
};

/** How a parameter is stored. */
const storageOf = (shape: readonly number[], inFeatures: number, precision: FieldPrecision): FieldPrecision => {
  const [rows] = matrixShape(shape);
  if (shape.length < 2 || rows <= inFeatures) return 'float32';
  return precision === 'int8' && rows < FEWEST_QUANTIZED_ROWS ? 'float16' : precision;
};

const narrow = (name: string, data: Float32Array): Uint16Array => {
  const words = narrowFloat16(data);
  const index = words.findIndex(word => (word & 0x7fff) === 0x7c00);
  if (index >= 0)
    throw new FieldFileError(
      'out-of-range',
      `'${name}' must be below 65520 for float16, got ${data[index]} at ${index}`,
    );
  return words;
};

/** The arrays of a file, and whether they need a reader of 8-bit parameters. */
export interface StoredParameters {
  readonly arrays: ReadonlyMap<string, EncodableArray>;
  readonly isQuantized: boolean;
}

/**
 * The parameters of a spec as arrays of a file.
 *
 * @throws FieldFileError when the parameters are not those of the spec, `not-finite` or `out-of-range` where the
 *   precision cannot represent them
 */
export const storeParameters = (
  { spec, parameters }: FieldData,
  precision: FieldPrecision,
  extensions: Extensions,
): StoredParameters => {
  const picked = pickParameters(spec, parameters, extensions);
  if (precision === 'float32') return { arrays: picked, isQuantized: false };
  const arrays = new Map<string, EncodableArray>();
  const scales = new Map<string, EncodableArray>();
  for (const [name, array] of picked) {
    const storage = storageOf(array.shape, spec.inFeatures, precision);
    assertFinite(name, array.data);
    if (storage === 'float32') arrays.set(name, array);
    else if (storage === 'float16')
      arrays.set(name, { shape: array.shape, data: narrow(name, array.data), words: 'F16' });
    else {
      const quantized = quantizeInt8(array);
      arrays.set(name, quantized.values);
      scales.set(SCALE + name, quantized.scales);
    }
  }
  for (const [name, array] of scales) arrays.set(name, array);
  return { arrays, isQuantized: scales.size > 0 };
};

/**
 * Restores 8-bit parameters to float32 among the arrays of a file.
 *
 * @throws FieldFileError `missing-parameter`, `wrong-shape` or `unexpected-tensor` where scales are missing, of another
 *   shape or without 8-bit parameters
 */
export const restoreParameters = (arrays: ReadonlyMap<string, ShapedArray>): Map<string, ShapedArray> => {
  const restored = new Map<string, ShapedArray>();
  const scales = new Map([...arrays].filter(([name]) => name.startsWith(SCALE)));
  for (const [name, { shape, data }] of arrays) {
    if (name.startsWith(SCALE)) continue;
    if (!(data instanceof Int8Array)) {
      restored.set(name, { shape, data });
      continue;
    }
    const own = scales.get(SCALE + name);
    const wanted = scaleShape(shape);
    const shown = listNames([SCALE + name]);
    if (own === undefined)
      throw new FieldFileError('missing-parameter', `'${shown}' [${wanted.join(', ')}] is missing`);
    if (!(own.data instanceof Float32Array))
      throw new FieldFileError('wrong-shape', `'${shown}' must have floats, it has integers`);
    if (own.shape.length !== 2 || own.shape.some((size, axis) => size !== wanted[axis]))
      throw new FieldFileError(
        'wrong-shape',
        `'${shown}' must be [${wanted.join(', ')}], got [${listNames(own.shape.map(String))}]`,
      );
    assertFinite(shown, own.data);
    scales.delete(SCALE + name);
    restored.set(name, dequantizeInt8({ values: { shape, data }, scales: { shape: own.shape, data: own.data } }));
  }
  const [unused] = scales.keys();
  if (unused !== undefined)
    throw new FieldFileError('unexpected-tensor', `'${listNames([unused])}' scales no parameter of 8 bits`);
  return restored;
};

/** The precision of the arrays of a file; `bfloat16` where another program wrote it. */
export const precisionOf = (tensors: Iterable<SafetensorsTensor>): FieldPrecision | 'bfloat16' => {
  const dtypes = new Set([...tensors].map(({ dtype }) => dtype));
  if (dtypes.has('I8')) return 'int8';
  return dtypes.has('F16') ? 'float16' : dtypes.has('BF16') ? 'bfloat16' : 'float32';
};

const widen = ({ shape, data, words }: EncodableArray): ShapedArray => ({
  shape,
  data: words === 'F16' && data instanceof Uint16Array ? widenFloat16(data) : data,
});

/**
 * Rounds a field's parameters to what a file of the given precision stores, and measures the change.
 *
 * @throws RangeError when it is not a precision
 * @throws FieldFileError when the parameters are not those of the spec, are not finite or too large for the precision
 */
export const roundFieldData = (
  data: FieldData,
  precision: FieldPrecision,
  extensions: Extensions = {},
): RoundedField => {
  assertPrecision('roundFieldData', precision);
  const { arrays } = storeParameters(data, precision, extensions);
  const widened = new Map([...arrays].map(([name, array]) => [name, widen(array)]));
  const parameters = pickParameters(data.spec, restoreParameters(widened), extensions);
  let largest = 0;
  let squares = 0;
  for (const [name, { data: rounded }] of parameters) {
    const original = (data.parameters.get(name) as ShapedArray<Float32Array>).data;
    for (let i = 0; i < rounded.length; i++) {
      const change = Math.abs((rounded[i] as number) - (original[i] as number));
      largest = Math.max(largest, change);
      squares += change ** 2;
    }
  }
  const { size } = parameterLayout(data.spec, extensions);
  return { data: { spec: data.spec, parameters }, change: { largest, rms: Math.sqrt(squares / Math.max(1, size)) } };
};
