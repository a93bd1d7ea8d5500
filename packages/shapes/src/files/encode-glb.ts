import { Document, Primitive, WebIO } from '@gltf-transform/core';
import { assertOptions } from '@neural-fields/core/options';
import { assertShape, isMesh, type Mesh, type PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';

/** The options of {@link encodeGlb}. */
export interface EncodeGlbOptions {
  /** The mesh's name. Default: `shape`. */
  readonly name?: string;
  /** The surface's colour, linear RGB in [0, 1]. Default: a light grey. */
  readonly colour?: readonly [red: number, green: number, blue: number];
}

/**
 * Writes a mesh, or a point cloud, as GLB (binary glTF 2.0): one node, one mesh, one matt material.
 *
 * Coordinates are not changed, although glTF defines y as up and metres as its unit. The format has 32-bit floats only:
 * the offset of a shape becomes the translation of the node, so the geometry keeps its precision. Programs that compute
 * scene coordinates in single precision round the translation, to half a unit at 5,000,000.
 *
 * @throws RangeError, ShapeError when the arrays are not a valid shape, or a normal has length 0
 */
export const encodeGlb = async (
  shape: PointCloud | Mesh,
  options: EncodeGlbOptions = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  assertOptions('encodeGlb', options, { name: 1, colour: 1 });

  assertShape('encodeGlb', shape);
  const { name = 'shape', colour = [0.8, 0.8, 0.8] } = options;
  const { positions, normals, offset } = shape;
  if (normals)
    for (let i = 0; i < normals.length; i += 3)
      if (Math.abs(Math.hypot(normals[i]!, normals[i + 1]!, normals[i + 2]!) - 1) > 1e-3)
        throw new ShapeError(
          'no-normals',
          'encodeGlb',
          `normals must have length 1, got ${normals.subarray(i, i + 3).join(' ')} at point ${i / 3}`,
        );
  const document = new Document();
  const buffer = document.createBuffer();
  const vectors = (values: Float32Array) =>
    document.createAccessor().setType('VEC3').setArray(new Float32Array(values)).setBuffer(buffer);
  const material = document
    .createMaterial(name)
    .setBaseColorFactor([...colour, 1])
    .setMetallicFactor(0)
    .setRoughnessFactor(1);
  const primitive = document.createPrimitive().setAttribute('POSITION', vectors(positions)).setMaterial(material);
  if (normals) primitive.setAttribute('NORMAL', vectors(normals));
  if (isMesh(shape))
    primitive.setIndices(
      document.createAccessor().setType('SCALAR').setArray(new Uint32Array(shape.triangles)).setBuffer(buffer),
    );
  else primitive.setMode(Primitive.Mode.POINTS ?? 0);
  const mesh = document.createMesh(name).addPrimitive(primitive);
  const node = document.createNode(name).setMesh(mesh);
  if (offset) node.setTranslation([...offset]);
  document.createScene(name).addChild(node);
  document.getRoot().getAsset().generator = 'neural-fields';
  return new Uint8Array(await new WebIO().writeBinary(document));
};
