/** @file How much the output of a field differs from that of another one, such as the same field at lower precision. */
import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Field } from '../field.ts';
import type { Extensions } from '../spec/layer.ts';
import { fieldFromData } from './field.ts';
import type { FieldData } from './field-data.ts';

/** The change of a field's outputs at some points. */
export interface OutputChange {
  /** 10 log10(range^2 / mean squared change) in dB, with the range maximum minus minimum of the original outputs. */
  readonly psnr: number;
  /** The largest absolute change. */
  readonly largest: number;
}

/** The points that are evaluated at once. */
const CHUNK = 4096;

/**
 * Compares the outputs of two fields at some points, e.g. before and after `roundFieldData`.
 *
 * @param coords `f32[n, inFeatures]`, row-major
 * @throws RangeError when there is no point, the number of coordinates is not a multiple of `inFeatures`, or the fields
 *   have different numbers of coordinates or values
 * @throws RangeError or TypeError when the data do not fit the specs
 */
export const outputChange = async (
  original: FieldData,
  changed: FieldData,
  coords: Float32Array,
  extensions: Extensions = {},
): Promise<OutputChange> => {
  const { inFeatures } = original.spec;
  const count = coords.length / inFeatures;
  if (!Number.isInteger(count) || count === 0)
    throw new RangeError(
      `outputChange: coords must be points of ${inFeatures} coordinates, at least one, got ${coords.length} numbers`,
    );
  const fields: Field[] = [];
  let [lowest, highest, largest, squares, values] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  try {
    for (const data of [original, changed]) fields.push(fieldFromData(data, extensions));
    const [own, other] = fields.map(field => [field.inFeatures, field.outFeatures].join(' -> '));
    if (own !== other) throw new RangeError(`outputChange: both fields must be ${own}, got one that is ${other}`);
    for (let start = 0; start < count; start += CHUNK) {
      const part = coords.subarray(start * inFeatures, (start + CHUNK) * inFeatures);
      const outputs = tidy(() => {
        const points = tensor2d(part, [part.length / inFeatures, inFeatures]);
        return fields.map(field => field.evaluate(points));
      });
      const [before, after] = (await Promise.all(outputs.map(output => output.data()))) as [Float32Array, Float32Array];
      for (const output of outputs) output.dispose();
      for (const [i, value] of before.entries()) {
        const change = Math.abs(value - (after[i] as number));
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
        largest = Math.max(largest, change);
        squares += change ** 2;
      }
      values += before.length;
    }
  } finally {
    for (const field of fields) field.dispose();
  }
  if (squares === 0) return { psnr: Number.POSITIVE_INFINITY, largest };
  return { psnr: 10 * Math.log10((highest - lowest) ** 2 / (squares / values)), largest };
};
