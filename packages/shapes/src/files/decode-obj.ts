import type { BufferGeometry, Object3D } from 'three';
import { weld } from '../meshes/weld.ts';
import type { Mesh, PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { loadThree } from './load-three.ts';

/** What three lets pass: corners that name no vertex, and vertices that are no numbers. */
const assertObj = (text: string): void => {
  let vertices = 0;
  let largest = 0;
  for (const [, keyword, rest = ''] of text.matchAll(/^[ \t]*(v|f)[ \t]+(.*)$/gm)) {
    const words = rest.trim().split(/\s+/);
    if (keyword === 'v') {
      vertices++;
      if (words.length < 3 || !words.slice(0, 3).every(word => Number.isFinite(Number(word))))
        throw new ShapeError(
          'not-finite',
          `OBJ vertices must be three finite numbers, got 'v ${rest.trim()}' as vertex ${vertices}`,
        );
      continue;
    }
    for (const word of words) {
      if (word.startsWith('#')) break;
      const index = Number.parseInt(word, 10);
      // Negative ones count back from the last vertex so far.
      if (!(index !== 0 && index >= -vertices)) throw new ShapeError('bad-index', `OBJ: 'f ${rest.trim()}' names no vertex`);
      if (index > largest) largest = index;
    }
  }
  if (vertices === 0) throw new ShapeError('no-points', 'an OBJ file must have vertices, got none');
  if (largest > vertices) throw new ShapeError('bad-index', `OBJ: a face names vertex ${largest}, but there are ${vertices}`);
};

/** three leaves out the normals of a file without faces. */
const readNormals = (text: string): Float32Array =>
  Float32Array.from(
    [...text.matchAll(/^[ \t]*vn[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)/gm)].flatMap(([, x, y, z]) => [
      Number(x),
      Number(y),
      Number(z),
    ]),
  );

const isDrawn = (object: Object3D): object is Object3D & { geometry: BufferGeometry } => 'geometry' in object;

const join = (arrays: readonly Float32Array[]): Float32Array => {
  const joined = new Float32Array(arrays.reduce((length, array) => length + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.length;
  }
  return joined;
};

/**
 * Decodes OBJ with three's OBJLoader: all objects and groups as one mesh, polygons cut into triangles from their first corner, vertices at the same
 * place joined. Without faces it is a point cloud.
 */
export const decodeObj = async (bytes: Uint8Array): Promise<PointCloud | Mesh> => {
  const text = new TextDecoder().decode(bytes);
  assertObj(text);
  const { OBJLoader } = await loadThree(() => import('three/examples/jsm/loaders/OBJLoader.js'));
  const soups: Float32Array[] = [];
  const normals: Float32Array[] = [];
  const clouds: Float32Array[] = [];
  new OBJLoader().parse(text).traverse(object => {
    if (!isDrawn(object)) return;
    const { geometry, type } = object;
    const positions = Float32Array.from(geometry.getAttribute('position').array);
    if (type !== 'Mesh') clouds.push(positions);
    else {
      soups.push(positions);
      normals.push(
        geometry.hasAttribute('normal')
          ? Float32Array.from(geometry.getAttribute('normal').array)
          : new Float32Array(positions.length),
      );
    }
  });
  const own = readNormals(text);
  if (soups.length === 0) {
    const positions = join(clouds);
    return own.length === positions.length ? { positions, normals: own } : { positions };
  }
  // Where the file has no normals, three makes those of the faces.
  return weld({ positions: join(soups), normals: own.length > 0 ? join(normals) : undefined });
};
