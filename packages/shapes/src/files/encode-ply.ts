import { assertOneOf, assertOptions } from '@neural-fields/core/options';
import { assertShape, isMesh, type Mesh, type PointCloud } from '../shape.ts';

/** The options of {@link encodePly}. */
export interface EncodePlyOptions {
  /** Default: `binary` (little-endian). */
  readonly encoding?: 'binary' | 'text';
}

const header = (shape: PointCloud | Mesh, format: string): string => {
  const lines = [
    'ply',
    `format ${format} 1.0`,
    'comment neural-fields',
    `element vertex ${shape.positions.length / 3}`,
  ];
  for (const name of ['x', 'y', 'z']) lines.push(`property ${shape.offset ? 'double' : 'float'} ${name}`);
  if (shape.normals) for (const name of ['nx', 'ny', 'nz']) lines.push(`property float ${name}`);
  if (isMesh(shape)) lines.push(`element face ${shape.triangles.length / 3}`, 'property list uchar int vertex_indices');
  return `${[...lines, 'end_header'].join('\n')}\n`;
};

const text = (shape: PointCloud | Mesh): string => {
  const { positions, normals, offset: [x, y, z] = [0, 0, 0] } = shape;
  const lines: string[] = [];
  for (let i = 0; i < positions.length; i += 3)
    lines.push(
      [
        positions[i]! + x,
        positions[i + 1]! + y,
        positions[i + 2]! + z,
        ...(normals ? normals.subarray(i, i + 3) : []),
      ].join(' '),
    );
  if (isMesh(shape))
    for (let i = 0; i < shape.triangles.length; i += 3) lines.push(`3 ${shape.triangles.subarray(i, i + 3).join(' ')}`);
  return `${lines.join('\n')}\n`;
};

/**
 * Encodes a point cloud or a mesh as PLY. Values are exact, in text too; the coordinates of a shape with an offset are
 * written in double precision.
 *
 * @throws RangeError, ShapeError when the arrays are not a valid shape
 */
export const encodePly = (shape: PointCloud | Mesh, options: EncodePlyOptions = {}): Uint8Array<ArrayBuffer> => {
  assertOptions('encodePly', options, { encoding: 1 });
  const { encoding = 'binary' } = options;
  assertOneOf('encodePly: encoding', encoding, ['binary', 'text']);

  assertShape('encodePly', shape);
  if (encoding === 'text') return new TextEncoder().encode(header(shape, 'ascii') + text(shape));
  const { positions, normals, offset } = shape;
  const triangles = isMesh(shape) ? shape.triangles : new Uint32Array();
  const start = new TextEncoder().encode(header(shape, 'binary_little_endian'));
  const count = positions.length / 3;
  const row = (offset ? 24 : 12) + (normals ? 12 : 0);
  const bytes = new Uint8Array(start.length + row * count + 13 * (triangles.length / 3));
  bytes.set(start);
  const data = new DataView(bytes.buffer);
  let at = start.length;
  for (let i = 0; i < positions.length; i += 3) {
    for (let k = 0; k < 3; k++)
      if (offset) {
        data.setFloat64(at, positions[i + k]! + offset[k]!, true);
        at += 8;
      } else {
        data.setFloat32(at, positions[i + k]!, true);
        at += 4;
      }
    if (normals) for (let k = 0; k < 3; k++, at += 4) data.setFloat32(at, normals[i + k]!, true);
  }
  for (let i = 0; i < triangles.length; i += 3) {
    bytes[at++] = 3;
    for (let k = 0; k < 3; k++, at += 4) data.setUint32(at, triangles[i + k]!, true);
  }
  return bytes;
};
