import { assertOptions } from '@neural-fields/core/options';
import type { Mesh, PointCloud } from '../shape.ts';
import { decodeObj } from './decode-obj.ts';
import { decodeStl } from './decode-stl.ts';
import { decodeXyz } from './decode-xyz.ts';
import type { FileShape, ShapeLimits } from './file-shape.ts';
import { finishShape } from './finish-shape.ts';
import { decodePly } from './ply/decode-ply.ts';
import { type ShapeFormat, shapeFormatOf } from './shape-format.ts';

/** The options of {@link decodeShape}. */
export interface DecodeShapeOptions extends ShapeLimits {
  /** Default: determined by the content, and by `name` if the content is ambiguous. */
  readonly format?: ShapeFormat;
  /** The file's name or path. */
  readonly name?: string;
}

/** A shape decoded from a file. */
export type DecodedShape = (PointCloud | Mesh) & {
  /** What was ignored or assumed, in sentences without a full stop: `2 lines ignored`. */
  readonly notes: readonly string[];
};

const DECODERS: Readonly<Record<ShapeFormat, (bytes: Uint8Array) => FileShape>> = {
  ply: decodePly,
  obj: decodeObj,
  stl: decodeStl,
  xyz: decodeXyz,
};

/**
 * Decodes a point cloud or a mesh: PLY and STL (text and binary), OBJ, and XYZ (3 columns or more).
 *
 * Coordinates are read in double precision; a shape far from the origin gets an `offset`. Polygons of any form are
 * triangulated. Normals are scaled to length 1; normals that are NaN are unknown, and become 0. Vertices of OBJ and STL
 * with equal positions are merged; those of PLY are not. Unused vertices of a mesh are ignored, and so are colours,
 * textures, materials and the division into objects. `notes` lists what else is ignored.
 *
 * Time and memory are proportional to the number of bytes; see the package's README.
 *
 * @returns positions `f32[n, 3]`, and the normals `f32[n, 3]` and triangles `u32[m, 3]` that the file has; see {@link
 *   isMesh}
 * @throws ShapeError when the bytes are not a complete file in one of these formats, or hold no usable shape; see its
 *   `problem`
 */
export const decodeShape = async (bytes: Uint8Array, options: DecodeShapeOptions = {}): Promise<DecodedShape> => {
  assertOptions('decodeShape', options, { format: 1, name: 1, maxPoints: 1, maxTriangles: 1 });

  const { format, name = '', ...limits } = options;
  return finishShape(DECODERS[format ?? shapeFormatOf(bytes, name)](bytes), limits);
};
