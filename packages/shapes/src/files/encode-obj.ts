import { assertShape, isMesh, type Mesh, type PointCloud } from '../shape.ts';

/**
 * Encodes a point cloud or a mesh as OBJ. Values are exact; with an offset, coordinates have the digits of double
 * precision.
 *
 * @throws RangeError, ShapeError when the arrays are not a valid shape
 */
export const encodeObj = (shape: PointCloud | Mesh): Uint8Array<ArrayBuffer> => {
  assertShape('encodeObj', shape);
  const { positions, normals, offset } = shape;
  const lines: string[] = ['# neural-fields'];
  const [x, y, z] = offset ?? [0, 0, 0];
  for (let i = 0; i < positions.length; i += 3)
    lines.push(`v ${positions[i]! + x} ${positions[i + 1]! + y} ${positions[i + 2]! + z}`);
  if (normals) for (let i = 0; i < normals.length; i += 3) lines.push(`vn ${normals.subarray(i, i + 3).join(' ')}`);
  if (isMesh(shape))
    for (let i = 0; i < shape.triangles.length; i += 3)
      lines.push(
        `f ${[...shape.triangles.subarray(i, i + 3)].map(at => (normals ? `${at + 1}//${at + 1}` : at + 1)).join(' ')}`,
      );
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
};
