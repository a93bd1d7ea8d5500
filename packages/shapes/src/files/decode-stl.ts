import { exactBuffer } from '../bytes/exact-buffer.ts';
import { weld } from '../meshes/weld.ts';
import type { Mesh } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { loadThree } from './load-three.ts';
import { STL_HEADER, STL_TRIANGLE } from './shape-format.ts';

const assertWholeText = (bytes: Uint8Array): void => {
  const text = new TextDecoder('latin1').decode(bytes);
  if (!/\bendsolid\b/.test(text))
    throw new ShapeError('truncated', `the STL file ends early: no 'endsolid' in ${bytes.length} bytes`);
  const [facets, vertices] = [text.match(/\bendfacet\b/g)?.length ?? 0, text.match(/\bvertex\s/g)?.length ?? 0];
  if (facets + vertices === 0) throw noFacets();
  if (vertices !== 3 * facets)
    throw new ShapeError('damaged', `STL facets must have 3 corners each, got ${vertices} corners of ${facets} facets`);
};

const noFacets = (): ShapeError => new ShapeError('no-points', 'an STL file must have facets, got none');

const isText = (bytes: Uint8Array): boolean => !bytes.subarray(0, 4096).some(byte => byte < 9);

/**
 * Decodes STL, text and binary, with three's STLLoader, and joins the corners of neighbouring triangles. The normals of facets are left out: they are
 * those of the triangles.
 */
export const decodeStl = async (bytes: Uint8Array): Promise<Mesh> => {
  if (isText(bytes)) assertWholeText(bytes);
  else {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const wanted = bytes.length < STL_HEADER ? STL_HEADER : STL_HEADER + STL_TRIANGLE * data.getUint32(80, true);
    if (bytes.length < wanted)
      throw new ShapeError('truncated', `the STL file ends early: wanted ${wanted} bytes, got ${bytes.length}`);
    if (wanted === STL_HEADER) throw noFacets();
  }
  const { STLLoader } = await loadThree(() => import('three/examples/jsm/loaders/STLLoader.js'));
  const positions = Float32Array.from(new STLLoader().parse(exactBuffer(bytes)).getAttribute('position').array);
  return weld({ positions });
};
