import type { PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';

/** A component of a unit vector may exceed 1 by its rounding in the text. */
const UNIT = 1.01;

/**
 * Decodes lines of 3 columns (x, y, z) or 6 (x, y, z and a normal), between spaces, tabs, commas or semicolons. Lines that begin with # or // are
 * comments, and a first line with a single number is taken for a count.
 */
export const decodeXyz = (bytes: Uint8Array): PointCloud => {
  const values: number[] = [];
  let columns = 0;
  let line = 0;
  let declared: number | undefined;
  for (const text of new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)) {
    line++;
    const words = text
      .replace(/^\uFEFF/, '')
      .trim()
      .split(/[\s,;]+/)
      .filter(Boolean);
    if (words.length === 0 || words[0]!.startsWith('#') || words[0]!.startsWith('//')) continue;
    if (columns === 0 && words.length === 1 && declared === undefined && /^\d+$/.test(words[0]!)) {
      declared = Number(words[0]);
      continue;
    }
    if (columns === 0) columns = words.length;
    if (columns !== 3 && columns !== 6)
      throw new ShapeError('unsupported', `XYZ lines must have 3 or 6 numbers, got ${columns} in line ${line}`);
    if (words.length !== columns)
      throw new ShapeError(
        'damaged',
        `XYZ lines must have as many numbers as the first, ${columns}, got ${words.length} in line ${line}`,
      );
    for (const word of words) {
      const value = Number(word);
      if (!Number.isFinite(value)) throw new ShapeError('not-finite', `XYZ: wanted a number, got '${word}' in line ${line}`);
      values.push(value);
    }
  }
  const count = values.length / (columns || 3);
  if (count === 0) throw new ShapeError('no-points', 'an XYZ file must have points, got none');
  if (declared !== undefined && declared !== count)
    throw new ShapeError(declared > count ? 'truncated' : 'damaged', `XYZ: the first line says ${declared} points, got ${count}`);
  const positions = Float32Array.from({ length: 3 * count }, (_, i) => values[Math.floor(i / 3) * columns + (i % 3)]!);
  if (columns === 3) return { positions };
  const normals = Float32Array.from({ length: 3 * count }, (_, i) => values[Math.floor(i / 3) * 6 + 3 + (i % 3)]!);
  const colour = normals.findIndex(value => Math.abs(value) > UNIT);
  if (colour >= 0)
    throw new ShapeError(
      'unsupported',
      `XYZ columns 4 to 6 must be a normal of length 1, got ${[...normals.subarray(colour - (colour % 3), colour - (colour % 3) + 3)].join(' ')}`,
    );
  return { positions, normals };
};
