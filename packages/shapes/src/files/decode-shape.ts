import type { Mesh, PointCloud } from '../shape.ts';
import { decodeObj } from './decode-obj.ts';
import { decodeStl } from './decode-stl.ts';
import { decodeXyz } from './decode-xyz.ts';
import type { FileShape, ShapeLimits } from './file-shape.ts';
import { finishShape } from './finish-shape.ts';
import { decodePly } from './ply/decode-ply.ts';
import { type ShapeFormat, shapeFormatOf } from './shape-format.ts';

/** How the bytes of a shape are read. */
export interface DecodeShapeOptions extends ShapeLimits {
  /** Default: by the content, and by `name` where that leaves it open. */
  readonly format?: ShapeFormat;
  /** The file's name or path. */
  readonly name?: string;
}

/** A shape from a file. */
export type DecodedShape = (PointCloud | Mesh) & {
  /** What of the file was left out or assumed, in sentences without a full stop: `2 lines left out`. */
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
 * Coordinates are read in double precision; a shape far from the origin comes with an `offset`. Polygons of any form
 * are cut into triangles. Normals are scaled to length 1; those that are NaN are not known, and 0. Vertices of OBJ and
 * STL at exactly the same place are joined; PLY keeps its own. Vertices of a mesh that no face uses are left out, and
 * so are colours, textures, materials and the division into objects. What else is left out stands in `notes`.
 *
 * Time and memory grow in proportion to the bytes; see the package's README.
 *
 * @returns positions `f32[n, 3]`, and what the file has of normals `f32[n, 3]` and triangles `u32[m, 3]`; see {@link
 *   isMesh}
 * @throws ShapeError when the bytes are no such file, or not a whole one, or hold no usable shape; see its `problem`
 */
export const decodeShape = async (bytes: Uint8Array, options: DecodeShapeOptions = {}): Promise<DecodedShape> => {
  const { format, name = '', ...limits } = options;
  return finishShape(DECODERS[format ?? shapeFormatOf(bytes, name)](bytes), limits);
};
