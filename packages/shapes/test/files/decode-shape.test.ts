import { describe, expect, test } from 'vitest';
import { decodeShape } from '../../src/files/decode-shape.ts';
import { isMesh, type Mesh } from '../../src/shape.ts';
import { ShapeError } from '../../src/shape-error.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const decodeMesh = async (bytes: Uint8Array, name?: string): Promise<Mesh> => {
  const shape = await decodeShape(bytes, name === undefined ? {} : { name });
  if (!isMesh(shape)) throw new Error('not a mesh');
  return shape;
};

/** Two triangles on four points, in the plane z = 0. */
const SQUARE = [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0];

const PLY_TEXT = `ply
format ascii 1.0
comment a square
element vertex 4
property float x
property float y
property float z
property uchar red
element face 1
property list uchar int vertex_indices
end_header
0 0 0 255
1 0 0 255
1 1 0 0
0 1 0 7
4 0 1 2 3
`;

const binaryPly = (littleEndian: boolean, withNormals: boolean): Uint8Array => {
  const header = bytesOf(
    `ply\nformat binary_${littleEndian ? 'little' : 'big'}_endian 1.0\nelement vertex 4\nproperty double x\nproperty double y\nproperty double z\n` +
      (withNormals ? 'property float nx\nproperty float ny\nproperty float nz\n' : '') +
      'property uchar tag\nelement face 2\nproperty uchar tag\nproperty list uchar ushort vertex_index\nend_header\n',
  );
  const body = new DataView(new ArrayBuffer(4 * (24 + (withNormals ? 12 : 0) + 1) + 2 * 8));
  let at = 0;
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 3; k++, at += 8) body.setFloat64(at, SQUARE[3 * i + k]!, littleEndian);
    if (withNormals)
      for (const value of [0, 0, 2]) {
        body.setFloat32(at, value, littleEndian);
        at += 4;
      }
    body.setUint8(at++, 9);
  }
  for (const corners of [
    [0, 1, 2],
    [0, 2, 3],
  ]) {
    body.setUint8(at++, 5);
    body.setUint8(at++, 3);
    for (const corner of corners) {
      body.setUint16(at, corner, littleEndian);
      at += 2;
    }
  }
  return Uint8Array.from([...header, ...new Uint8Array(body.buffer)]);
};

const STL_TEXT = `solid square
facet normal 0 0 1
 outer loop
  vertex 0 0 0
  vertex 1 0 0
  vertex 1 1 0
 endloop
endfacet
facet normal 0 0 1
 outer loop
  vertex 0 0 0
  vertex 1.0e0 1 0
  vertex -0 1 0
 endloop
endfacet
endsolid square
`;

const binaryStl = (): Uint8Array => {
  const data = new DataView(new ArrayBuffer(84 + 100));
  // The header of some binary files begins like that of a text file.
  for (const [i, byte] of bytesOf('solid but binary').entries()) data.setUint8(i, byte);
  data.setUint32(80, 2, true);
  const corners = [0, 1, 2, 0, 2, 3];
  for (const [i, corner] of corners.entries())
    for (let k = 0; k < 3; k++)
      data.setFloat32(84 + 50 * Math.floor(i / 3) + 12 + 12 * (i % 3) + 4 * k, SQUARE[3 * corner + k]!, true);
  return new Uint8Array(data.buffer);
};

const OBJ_TEXT = `# a square
mtllib none.mtl
o square
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
usemtl none
f 1/1 2/1 3/1 4/1
`;

describe('a square in every format', () => {
  test.each([
    ['PLY, text', bytesOf(PLY_TEXT)],
    ['PLY, text with the line ends of Windows', bytesOf(PLY_TEXT.replaceAll('\n', '\r\n'))],
    ['PLY, little-endian', binaryPly(true, false)],
    ['PLY, big-endian', binaryPly(false, false)],
    ['PLY, in the middle of a buffer', new Uint8Array([1, 2, 3, ...binaryPly(true, false), 4]).subarray(3, -1)],
    ['STL, text', bytesOf(STL_TEXT)],
    ['STL, binary', binaryStl()],
    ['OBJ', bytesOf(OBJ_TEXT)],
    ['OBJ with negative numbers', bytesOf(OBJ_TEXT.replace('f 1/1 2/1 3/1 4/1', 'f -4 -3 -2 -1'))],
  ])('%s', async (_, bytes) => {
    const { positions, triangles, normals } = await decodeMesh(bytes);
    expect(normals).toBeUndefined();
    expect(positions).toHaveLength(12);
    const corners = [...triangles].map(at => [...positions.subarray(3 * at, 3 * at + 3)].map(value => value + 0));
    const at = (i: number): number[] => SQUARE.slice(3 * i, 3 * i + 3);
    expect(corners).toEqual([at(0), at(1), at(2), at(0), at(2), at(3)]);
  });

  test('normals are scaled to length 1', async () => {
    const { normals } = await decodeMesh(binaryPly(true, true));
    expect([...normals!]).toEqual([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]);
    const cloud = await decodeShape(bytesOf('1 2 3 0 -0.3 0.4\n'));
    expect([...cloud.normals!]).toEqual([0, -Math.fround(0.6), Math.fround(0.8)]);
  });

  test('an OBJ joins its objects, and averages the normals of a vertex', async () => {
    const text =
      'v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvn 0 0 1\nvn 0 1 0\no a\nf 1//1 2//1 3//1\no b\nf 1//2 4//2 2//2\n';
    const { positions, normals, triangles } = await decodeMesh(bytesOf(text));
    expect([positions.length, triangles.length]).toEqual([12, 6]);
    expect([...normals!.subarray(0, 3)]).toEqual([0, expect.closeTo(Math.SQRT1_2, 6), expect.closeTo(Math.SQRT1_2, 6)]);
  });
});

describe('clouds', () => {
  test.each([
    ['spaces', '0 1 2\n3 4 5\n'],
    ['commas, comments and no last line end', '# x, y, z\n0, 1, 2\n// second\n3, 4, 5'],
    ['tabs, and a count first', '2\n0\t1\t2\r\n\r\n3\t4\t5\r\n'],
  ])('XYZ with %s', async (_, text) => {
    expect(await decodeShape(bytesOf(text))).toEqual({ positions: Float32Array.of(0, 1, 2, 3, 4, 5), notes: [] });
  });

  test('OBJ and PLY without faces', async () => {
    expect(await decodeShape(bytesOf('v 0 1 2\nv 3 4 5\nvn 0 0 1\nvn 1 0 0\n'))).toEqual({
      positions: Float32Array.of(0, 1, 2, 3, 4, 5),
      normals: Float32Array.of(0, 0, 1, 1, 0, 0),
      notes: [],
    });
    const ply =
      'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3\n';
    expect(await decodeShape(bytesOf(ply))).toEqual({ positions: Float32Array.of(1, 2, 3), notes: [] });
  });
});

describe('errors say what is wrong', () => {
  const header = 'ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n';
  const cases: readonly (readonly [string, Uint8Array, string, string])[] = [
    ['no bytes', new Uint8Array(), 'empty-file', 'got 0 bytes'],
    ['a text', bytesOf('Dear reader,\nthis is no shape.'), 'not-a-shape', 'got text ("Dear reader'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 4), 'not-a-shape', '89 50 4e 47'],
    ['only comments', bytesOf('# nothing\n'), 'not-a-shape', 'text'],
    ['PLY without end_header', bytesOf('ply\nformat ascii 1.0\n'), 'truncated', 'end_header'],
    ['PLY without a format', bytesOf('ply\nelement vertex 0\nend_header\n'), 'unsupported', 'format'],
    [
      'PLY with an unknown type',
      bytesOf('ply\nformat ascii 1.0\nelement vertex 1\nproperty real x\nend_header\n'),
      'damaged',
      'property real x',
    ],
    ['PLY without vertices', bytesOf(`${header.replace('vertex 1', 'vertex 0')}end_header\n`), 'no-points', 'vertices'],
    [
      'PLY without coordinates',
      bytesOf('ply\nformat ascii 1.0\nelement vertex 1\nproperty float u\nend_header\n1\n'),
      'no-points',
      'x, y and z',
    ],
    ['PLY text that ends early', bytesOf(PLY_TEXT.slice(0, -10)), 'truncated', 'face 0 of 1'],
    ['binary PLY that ends early', binaryPly(true, false).subarray(0, -3), 'truncated', 'face 1 of 2'],
    ['binary PLY that ends in its vertices', binaryPly(true, false).subarray(0, -40), 'truncated', 'vertex'],
    [
      'PLY with a face of two vertices',
      bytesOf(PLY_TEXT.replace('4 0 1 2 3\n', '2 0 1\n')),
      'no-triangles',
      'none of the 1 face',
    ],
    ['PLY with NaN', bytesOf(`${header}end_header\nnan 0 0\n`), 'not-finite', 'NaN in point 0'],
    [
      'PLY with a vertex index out of range',
      bytesOf(PLY_TEXT.replace('4 0 1 2 3\n', '3 0 1 4\n')),
      'bad-index',
      'point 4',
    ],
    [
      'PLY with a negative vertex index',
      bytesOf(PLY_TEXT.replace('4 0 1 2 3\n', '3 0 1 -1\n')),
      'bad-index',
      '4 points',
    ],
    ['STL text that ends early', bytesOf(STL_TEXT.slice(0, STL_TEXT.indexOf('endsolid'))), 'truncated', 'endsolid'],
    [
      'STL with a quadrangle',
      bytesOf(STL_TEXT.replace('  vertex 1 1 0\n', '  vertex 1 1 0\n  vertex 0 1 0\n')),
      'damaged',
      'a fourth in facet 0, in line 7',
    ],
    ['STL without facets', bytesOf('solid nothing\nendsolid nothing\n'), 'no-points', 'facets'],
    ['OBJ without vertices', bytesOf('o nothing\n'), 'no-points', 'vertices'],
    ['OBJ with NaN', bytesOf('v 0 0 zero\n'), 'damaged', "'zero' in line 1"],
    [
      'OBJ with a vertex index out of range',
      bytesOf(OBJ_TEXT.replace('4/1', '5/1')),
      'bad-index',
      'face 0 refers to point 4',
    ],
    ['OBJ with vertex 0', bytesOf(OBJ_TEXT.replace('4/1', '0/1')), 'bad-index', 'does not refer to a vertex'],
    ['XYZ of two columns', bytesOf('1 2\n3 4\n'), 'unsupported', 'got 2'],
    ['XYZ with a short line', bytesOf('1 2 3\n4 5\n'), 'damaged', 'line 2'],
    ['XYZ with a word', bytesOf('1 2 3\n4 5 six\n'), 'damaged', "'six' in line 2"],
    ['XYZ with fewer points than declared', bytesOf('3\n1 2 3\n4 5 6\n'), 'truncated', '3 points, got 2'],
  ];
  test.each(cases)('%s', async (_, bytes, problem, words) => {
    const error = await decodeShape(bytes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toMatchObject({ problem, message: expect.stringContaining(words) });
  });

  test('a binary STL that ends early is recognised by its name', async () => {
    await expect(decodeShape(binaryStl().subarray(0, -1))).rejects.toMatchObject({ problem: 'not-a-shape' });
    await expect(decodeShape(binaryStl().subarray(0, -1), { name: 'a/b.STL' })).rejects.toMatchObject({
      problem: 'truncated',
    });
    await expect(decodeShape(binaryStl().subarray(0, -1), { format: 'stl' })).rejects.toMatchObject({
      problem: 'truncated',
    });
  });
});
