/** @file The decoders of shapes, as targets of the fuzzer. */
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { decodeShape } from '../../src/files/decode-shape.ts';
import { encodeObj } from '../../src/files/encode-obj.ts';
import { encodePly } from '../../src/files/encode-ply.ts';
import type { ShapeFormat } from '../../src/files/shape-format.ts';
import { orientMesh } from '../../src/meshes/orient-mesh.ts';
import { unitBox } from '../../src/normalise/unit-box.ts';
import { isMesh } from '../../src/shape.ts';
import { ShapeError } from '../../src/shape-error.ts';
import { cube, tetrahedron } from '../test-meshes.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const FAR_RATIO = [694_385, 5_155_487, 380] as const;

const ply = (): readonly Uint8Array[] => {
  const mesh = cube(1);
  const normals = new Float32Array(24).fill(1);
  const text = `ply
format ascii 1.0
comment every kind of property
obj_info none
element vertex 8
property double x
property double y
property double z
property list uchar ushort near
property float nx
property float ny
property float nz
element edge 1
property int a
element junk 3
element face 3
property uchar flag
property list uchar int vertex_indices
property list uint8 float texcoord
end_header
2 3 0 1 4 0 0 1
2 1 0 0 nan 0 1
1 1 0 1 2 0 0 1
1 3 0 0 0 0 -1
0 3 0 0 0 0 0
0 0 0 0 1 0 0
3 0 0 0 0 1 0
3 3 0 0 0 0 1
5
1 8 0 1 2 3 4 5 6 7 2 0.5 0.5
2 3 0 1 2 0
3 4 4 5 6 7 0
`;
  const binary = (endian: string): Uint8Array =>
    Uint8Array.from([
      ...bytesOf(
        `ply\rformat binary_${endian}_endian 1.0\relement vertex 3\rproperty uchar x\rproperty short y\rproperty double z\relement face 1\rproperty list int uchar vertices\rend_header\r`,
      ),
      ...[1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0],
      ...(endian === 'little' ? [3, 0, 0, 0] : [0, 0, 0, 3]),
      ...[0, 1, 2],
    ]);
  return [
    encodePly(mesh),
    encodePly({ ...tetrahedron(), offset: FAR_RATIO }),
    encodePly({ positions: mesh.positions, normals }, { encoding: 'text' }),
    bytesOf(text),
    bytesOf(text.replaceAll('\n', '\r\n')),
    binary('little'),
    binary('big'),
  ];
};

const obj = (): readonly Uint8Array[] => [
  encodeObj(cube(1)),
  encodeObj({ ...tetrahedron(), offset: FAR_RATIO }),
  bytesOf(`# everything
mtllib a.mtl
o a
v 0 0 0
v 2 0 0 1.0
v 2 2 0 1 0.5 0.5
v 1 0.5 0
v 0 2 0
vn 0 0 1
vn nan 0 1
vt 0 0
g b
usemtl c
s off
f 1/1/1 2//2 \\
  3 4/1 -1//-1 # a comment
f 1 2 3
f 1 1 2
l 1 2 3
p 4
curv 0 1 1 2
unknown 1 2
`),
  bytesOf('v 0 1 2\rv 3 4 5\rvn 0 0 1\rvn 1 0 0\r'),
];

const stl = (): readonly Uint8Array[] => {
  const facet = 'facet normal 0 0 1\n outer loop\n vertex 0 0 0\n vertex 1 0 0\n vertex 0 1 0\n endloop\nendfacet\n';
  const other = facet.replace('1 0 0', '-1 2.5e-1 NaN'.replace('NaN', '1')).toUpperCase();
  const binary = new DataView(new ArrayBuffer(84 + 100 + 2));
  for (const [i, byte] of bytesOf('solid binary').entries()) binary.setUint8(i, byte);
  binary.setUint32(80, 2, true);
  for (let i = 0; i < 18; i++) binary.setFloat32(84 + 50 * Math.floor(i / 9) + 12 + 4 * (i % 9), (i * 7) % 5, true);
  return [
    bytesOf(`solid a vertex\n${facet}${other}endsolid a\n`),
    bytesOf(`solid\r\n${facet}end solid\nsolid b\n${other.replace('ENDFACET', 'END FACET')}endsolid`),
    new Uint8Array(binary.buffer),
    new Uint8Array(binary.buffer.slice(0, 184)),
  ];
};

const xyz = (): readonly Uint8Array[] =>
  [
    '0 1 2\n3 4 5\n6 7 9\n',
    '3\n0 1 2 0 0 1\n3 4 5 0 -1 0\n6 7 9 0.6 0 0.8\n',
    '# x y z nx ny nz i\n0 1 2 0 0 1 5\n3 4 5 nan 1 0 6\n',
    'X,Y,Z,label\r\n0,1,2,tree\r\n3,4,5,\r\n',
    '1;2;3;255;0;7\n1.5;2;3;1;2;3\n',
    '694385.81\t5155487.01\t380.7\n694386.61\t5155488.01\t381.3\n694385.9\t5155487.5\t380.9\n',
    '//X Y Z R G B Nx Ny Nz\n0 0 0 255 255 255 0 0 1\n1 0 0 255 255 255 0 0 1\n',
  ].map(bytesOf);

const NUMBERS = [
  'nan',
  'inf',
  '-inf',
  '1e39',
  '1e308',
  '-1e308',
  '1e-320',
  '-0',
  '4294967295',
  '9007199254740993',
  '-1',
  '0',
  '1e400',
  '5e6',
];
const TOKENS: Readonly<Record<ShapeFormat, readonly string[]>> = {
  ply: [
    ...[
      'ply',
      'format ascii 1.0',
      'format binary_big_endian 1.0',
      'element ',
      'vertex',
      'face',
      'tristrips',
      'property ',
      'list ',
      'uchar ',
      'int ',
    ],
    ...[
      'double ',
      'float ',
      'short ',
      'toString ',
      '__proto__ ',
      'x\n',
      'nx\n',
      'vertex_indices\n',
      'comment ',
      'end_header\n',
      'end_header\r',
      '\r\n',
    ],
  ],
  obj: ['v ', 'vn ', 'vt ', 'f ', 'fo ', 'l ', 'p ', 'g ', 'curv ', 'call ', '//', '/', '\\\n', '#', '1/2/3', '-1'],
  stl: ['solid', 'endsolid', 'end ', 'facet normal ', 'outer loop', 'vertex ', 'endloop', 'endfacet', 'ENDSOLID', '\r'],
  xyz: [',', ';', '\t', '#', '//', 'x y z', 'X,Y,Z', 'nx', 'intensity', '\r\n', '"'],
};

/** Decodes like the command line tool, and prepares the shape for a fit. */
const readAs = (format: ShapeFormat | undefined) => async (bytes: Uint8Array<ArrayBuffer>) => {
  const shape = await decodeShape(bytes, format && { format });
  const similarity = unitBox(shape);
  if (isMesh(shape)) orientMesh(shape);
  // Decoded shapes must be finite, whatever the input.
  if (![similarity.scale, ...similarity.offset, ...shape.positions, ...(shape.normals ?? [])].every(Number.isFinite))
    throw new Error('a number is not finite');
};

const target = (
  name: ShapeFormat | 'shape',
  seeds: () => readonly Uint8Array[],
  tokens: readonly string[],
): FuzzTarget => ({
  name,
  seeds,
  read: readAs(name === 'shape' ? undefined : name),
  isTyped: error => error instanceof ShapeError,
  tokens: [...tokens, ...NUMBERS],
});

export const fuzzTargets: readonly FuzzTarget[] = [
  target('ply', ply, TOKENS.ply),
  target('obj', obj, TOKENS.obj),
  target('stl', stl, TOKENS.stl),
  target('xyz', xyz, TOKENS.xyz),
  target('shape', () => [...ply(), ...obj(), ...stl(), ...xyz()], ['ply\n', 'solid ', 'v ', 'f ', '1 2 3\n']),
];
