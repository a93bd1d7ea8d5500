import { exactBuffer } from '../bytes/exact-buffer.ts';
import { weld } from '../meshes/weld.ts';
import type { Mesh, PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { loadThree } from './load-three.ts';
import { countPlyTriangles, readPlyHeader } from './ply-header.ts';

/** Decodes PLY, text and binary of either byte order, with three's PLYLoader. Faces of four corners become two triangles. */
export const decodePly = async (bytes: Uint8Array): Promise<PointCloud | Mesh> => {
  const header = readPlyHeader(bytes);
  const vertices = header.elements.find(({ name }) => name === 'vertex');
  if (!vertices || vertices.count === 0) throw new ShapeError('no-points', 'a PLY file must have vertices, got none');
  const strips = header.elements.find(({ name, count }) => name === 'tristrips' && count > 0);
  if (strips) throw new ShapeError('unsupported', 'PLY faces must be polygons, got strips of triangles');
  const count = countPlyTriangles(bytes, header);
  const { PLYLoader } = await loadThree(() => import('three/examples/jsm/loaders/PLYLoader.js'));
  const geometry = new PLYLoader().parse(exactBuffer(bytes));
  const position = geometry.getAttribute('position');
  const positions = Float32Array.from(position.array);
  const normals = geometry.hasAttribute('normal') ? Float32Array.from(geometry.getAttribute('normal').array) : undefined;
  if (positions.length === 0)
    throw new ShapeError(
      'no-points',
      `PLY vertices must have x, y and z, got ${vertices.properties.map(({ name }) => name).join(', ')}`,
    );
  if (count === 0) return normals ? { positions, normals } : { positions };
  // Where faces have colours or textures of their own, three gives every triangle its own corners.
  if (!geometry.index) return weld({ positions, normals });
  const triangles = Uint32Array.from(geometry.index.array);
  if (triangles.length !== 3 * count)
    throw new ShapeError('damaged', `PLY: ${count} triangles were expected, and ${triangles.length / 3} decoded`);
  return normals ? { positions, normals, triangles } : { positions, triangles };
};
