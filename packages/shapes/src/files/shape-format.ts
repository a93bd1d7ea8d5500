import { describeBytes } from '../bytes/describe-bytes.ts';
import { ShapeError } from '../shape-error.ts';

/** The formats of shapes that are read: Stanford polygons, Wavefront objects, stereolithography, and columns of numbers. */
export type ShapeFormat = 'ply' | 'obj' | 'stl' | 'xyz';

const EXTENSIONS: Readonly<Record<string, ShapeFormat>> = {
  ply: 'ply',
  obj: 'obj',
  stl: 'stl',
  xyz: 'xyz',
  xyzn: 'xyz',
  pts: 'xyz',
  txt: 'xyz',
};

/** The bytes of a binary STL before its triangles: 80 of header, and their count. */
export const STL_HEADER = 84;
/** The bytes of a triangle in a binary STL. */
export const STL_TRIANGLE = 50;

const formatOfText = (text: string): ShapeFormat | undefined => {
  if (/^\uFEFF?\s*solid\b/.test(text) && /\bfacet\b|\bendsolid\b/.test(text)) return 'stl';
  const lines = text.split(/\r\n|\r|\n/).map(line => line.trim());
  const first = lines.find(line => line !== '' && !line.startsWith('#') && !line.startsWith('//'));
  if (first === undefined) return undefined;
  if (/^(v|vn|vt|vp|f|p|l|o|g|s|mtllib|usemtl)(\s|$)/.test(first)) return 'obj';
  if (
    /^[-+.\d]/.test(first) &&
    first
      .split(/[\s,;]+/)
      .filter(Boolean)
      .every(column => Number.isFinite(Number(column)))
  )
    return 'xyz';
  return undefined;
};

const isBinaryStl = (bytes: Uint8Array): boolean => {
  if (bytes.length < STL_HEADER) return false;
  const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(80, true);
  return STL_HEADER + STL_TRIANGLE * count === bytes.length;
};

/**
 * The format of a file by what is in it, and by its name where the content leaves it open (a binary STL that ends early).
 *
 * @param name a file name or path; only its extension counts
 * @throws ShapeError `empty-file` or `not-a-shape`
 */
export const shapeFormatOf = (bytes: Uint8Array, name = ''): ShapeFormat => {
  if (bytes.length === 0) throw new ShapeError('empty-file', 'wanted the bytes of a shape, got 0 bytes');
  const start = bytes.subarray(0, 4096);
  if (/^ply[\r\n]/.test(String.fromCharCode(...start.subarray(0, 4)))) return 'ply';
  if (isBinaryStl(bytes)) return 'stl';
  const byName = EXTENSIONS[/\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''];
  // A byte that no text has: of the formats left, only STL is binary.
  const binary = start.some(byte => byte < 9);
  const byContent = binary ? undefined : formatOfText(new TextDecoder().decode(start));
  if (byContent) return byContent;
  if (binary && byName === 'stl') return 'stl';
  throw new ShapeError('not-a-shape', `wanted a PLY, OBJ, STL or XYZ file, got ${describeBytes(bytes)}`);
};
