import { normalise } from '../meshes/weld.ts';
import { assertShape, type Mesh, type PointCloud } from '../shape.ts';
import { decodeObj } from './decode-obj.ts';
import { decodePly } from './decode-ply.ts';
import { decodeStl } from './decode-stl.ts';
import { decodeXyz } from './decode-xyz.ts';
import { type ShapeFormat, shapeFormatOf } from './shape-format.ts';

/** How the bytes of a shape are read. */
export interface DecodeShapeOptions {
  /** Default: by the content, and by `name` where that leaves it open. */
  readonly format?: ShapeFormat;
  /** The file's name or path. */
  readonly name?: string;
}

const DECODERS: Readonly<Record<ShapeFormat, (bytes: Uint8Array) => PointCloud | Mesh | Promise<PointCloud | Mesh>>> = {
  ply: decodePly,
  obj: decodeObj,
  stl: decodeStl,
  xyz: decodeXyz,
};

/**
 * Decodes a point cloud or a mesh: PLY and STL (text and binary), OBJ, and XYZ (3 or 6 columns).
 *
 * Normals are scaled to length 1. Vertices of OBJ and STL at exactly the same place are joined; PLY keeps its own. Colours, textures, materials and
 * the division into objects are left out. PLY, OBJ and STL need the package `three`.
 *
 * @returns positions `f32[n, 3]`, and what the file has of normals `f32[n, 3]` and triangles `u32[m, 3]`; see {@link isMesh}
 * @throws ShapeError when the bytes are no such file, or not a whole one, or hold no usable shape; see its `problem`
 */
export const decodeShape = async (
  bytes: Uint8Array,
  { format, name = '' }: DecodeShapeOptions = {},
): Promise<PointCloud | Mesh> => {
  const shape = await DECODERS[format ?? shapeFormatOf(bytes, name)](bytes);
  assertShape('decodeShape', shape);
  if (shape.normals) normalise(shape.normals);
  return shape;
};
