import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { describeFileError, writeFileAtomically } from '@neural-fields/core/node';
import { assertOptions } from '@neural-fields/core/options';
import { type DecodeShapeOptions, decodeShape } from '../files/decode-shape.ts';
import { type EncodeGlbOptions, encodeGlb } from '../files/encode-glb.ts';
import { encodeObj } from '../files/encode-obj.ts';
import { type EncodePlyOptions, encodePly } from '../files/encode-ply.ts';
import type { Mesh, PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';

/** Runs `action`, and adds the path to the message of a `ShapeError`. */
const naming = async <T>(path: string, action: () => T | Promise<T>): Promise<T> => {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ShapeError)
      throw new ShapeError(error.problem, error.caller, error.reason, { ...error.parts, path, cause: error });
    throw error;
  }
};

/**
 * Reads a point cloud or a mesh: `decodeShape` of a file's bytes.
 *
 * @throws FileError when the file cannot be read
 * @throws ShapeError as `decodeShape`; the message contains the path
 */
export const readShape = async (
  path: string,
  options: Omit<DecodeShapeOptions, 'name'> = {},
): Promise<PointCloud | Mesh> => {
  assertOptions('readShape', options, { format: 1, maxPoints: 1, maxTriangles: 1 });

  const bytes = await readFile(path).catch(error => {
    throw describeFileError('read', path, error);
  });
  return naming(path, () => decodeShape(bytes, { ...options, name: path }));
};

/** The options of {@link writeShape}. */
export interface WriteShapeOptions extends EncodePlyOptions, EncodeGlbOptions {}

/**
 * Writes a point cloud or a mesh in the format of the path's extension (.ply, .obj, .glb), atomically.
 *
 * @throws RangeError when the extension is not supported, or the arrays are not a valid shape
 * @throws FileError when the file cannot be written; the old file is then untouched
 * @throws ShapeError as the encoders
 */
export const writeShape = async (
  path: string,
  shape: PointCloud | Mesh,
  options: WriteShapeOptions = {},
): Promise<void> => {
  assertOptions('writeShape', options, { encoding: 1, name: 1, colour: 1 });

  const { encoding, ...glb } = options;
  const encoders: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
    '.ply': () => encodePly(shape, encoding === undefined ? {} : { encoding }),
    '.obj': () => encodeObj(shape),
    '.glb': () => encodeGlb(shape, glb),
  };
  const encode = encoders[extname(path).toLowerCase()];
  if (!encode)
    throw new RangeError(`writeShape: the path must end in ${Object.keys(encoders).join(', ')}, got '${path}'`);
  await writeFileAtomically(path, await naming(path, encode));
};
