/** @file Features of other programs' files, each reproduced here with the closed form of its shape. */
import { createRng } from '@neural-fields/core';
import { describe, expect, test } from 'vitest';
import { decodeShape } from '../../src/files/decode-shape.ts';
import { encodeObj } from '../../src/files/encode-obj.ts';
import { encodePly } from '../../src/files/encode-ply.ts';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { orientMesh } from '../../src/meshes/orient-mesh.ts';
import { weld } from '../../src/meshes/weld.ts';
import { unitBox } from '../../src/normalise/unit-box.ts';
import { isMesh, type Mesh } from '../../src/shape.ts';
import { cube, cubeQuads, split } from '../test-meshes.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Area, volume and number of triangles of the mesh in a file, with its vertices merged; notes; the mesh. */
const look = async (bytes: Uint8Array, name = '') => {
  const shape = await decodeShape(bytes, { name });
  if (!isMesh(shape)) throw new Error('not a mesh');
  const { area, volume, triangles, closed } = checkMesh(weld(shape));
  return { area, volume, triangles, closed, notes: shape.notes, mesh: shape };
};

const near = (value: number) => expect.closeTo(value, 5);
/** The properties of a cube of side 1. */
const CUBE = { area: near(6), volume: near(1), triangles: 12, closed: true };

const corners = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, i >> 2]);
const vertices = (x = 0): string => corners.map(([a, b, c]) => `v ${a! + x} ${b} ${c}`).join('\n');
const faces = (first = 0): string =>
  cubeQuads.map(face => `f ${face.map(corner => corner + 1 + first).join(' ')}`).join('\n');
const OBJ = `${vertices()}\n${faces()}\n`;

describe('OBJ', () => {
  const twice = { area: near(12), volume: near(2), triangles: 24, closed: true };
  test.each([
    ['a cube', OBJ, CUBE, []],
    [
      'loose edges and points beside faces',
      `o a\n${OBJ}l 1 2\nl 3 4 5\np 1 2\no b\n${vertices(4)}\n${faces(8)}\n`,
      twice,
      ['2 lines ignored', '1 point statement ignored'],
    ],
    [
      'an object of loose edges alone',
      `o a\n${OBJ}o b\nv 9 9 9\nv 8 8 8\nl 9 10\n`,
      CUBE,
      ['1 line ignored', '2 points that no face uses ignored'],
    ],
    ['continued lines', OBJ.replaceAll(/f (\d+) (\d+)/g, 'f $1\\\n $2 \\\r\n'), CUBE, []],
    ['line ends of CR alone', OBJ.replaceAll('\n', '\r'), CUBE, []],
    ['statements of materials first', `usemap none\nbevel off\n${OBJ}`, CUBE, []],
    ['an unknown statement', `vendor 1 2\n${OBJ}`, CUBE, ['1 unknown statement ignored']],
    ['comments behind and a byte order mark', `\uFEFF# cube\n${OBJ.replaceAll(/^f.*/gm, '$& # a face 9')}`, CUBE, []],
    ['vertices with colours', OBJ.replaceAll(/^v.*/gm, '$& 1.0 0.5 0.5'), CUBE, []],
    [
      'a vertex far away that no face uses, and one that is NaN',
      `${OBJ}v 1e6 1e6 1e6\nv nan nan nan\n`,
      CUBE,
      ['2 points that no face uses ignored'],
    ],
    [
      'degenerate faces',
      `${OBJ}f 1 2\nf 1 1 2\nf 1 2 1 2\n`,
      CUBE,
      ['3 faces with fewer than three distinct vertices ignored'],
    ],
    [
      'a vertex repeated consecutively, and a spike',
      OBJ.replace('f 1 3 4 2', 'f 1 3 3 4 2 1').replace('f 5 6 8 7', 'f 5 6 8 3 8 7'),
      CUBE,
      [],
    ],
    ['negative indices', OBJ.replaceAll(/^f.*/gm, face => face.replaceAll(/\d+/g, n => `${Number(n) - 9}`)), CUBE, []],
  ])('%s', async (_, text, wanted, notes) => {
    expect(await look(bytesOf(text), 'a.obj')).toMatchObject({ ...wanted, notes });
  });

  test('normals that are NaN or missing are unknown; the others are used', async () => {
    const text = `${vertices()}\nvn 0 0 1\nvn nan nan nan\n${faces()
      .replaceAll(/(\d+)/g, (_, n) => `${n}//${n % 3}`)
      .replaceAll('//0', '//7')}\n`;
    const { notes, mesh } = await look(bytesOf(text));
    expect(notes).toEqual(['6 references to missing normals']);
    for (let i = 0; i < 8; i++)
      expect([...mesh.normals!.subarray(3 * i, 3 * i + 3)].map(Math.abs)).toEqual([
        0,
        0,
        [1, 4, 7].includes(i + 1) ? 1 : 0,
      ]);
  });

  test('concave polygons are triangulated without filling the gap: a prism over a U', async () => {
    const U = [
      [2, 3],
      [2, 1],
      [1, 1],
      [1, 3],
      [0, 3],
      [0, 0],
      [3, 0],
      [3, 3],
    ];
    const lid = U.map((_, i) => i + 9).join(' ');
    const floor = U.map((_, i) => 8 - i).join(' ');
    const sides = U.map((_, i) => `f ${i + 1} ${((i + 1) % 8) + 1} ${((i + 1) % 8) + 9} ${i + 9}`);
    const points = [0, 1].flatMap(z => U.map(([x, y]) => `v ${x} ${y} ${z}`));
    const prism = [...points, `f ${floor}`, `f ${lid}`, ...sides].join('\n');
    expect(await look(bytesOf(prism))).toMatchObject({
      area: near(30),
      volume: near(7),
      triangles: 28,
      closed: true,
      notes: [],
    });
  });
});

const plyOf = (mesh: Mesh, type = 'float'): string =>
  [
    'ply\nformat ascii 1.0',
    `element vertex ${mesh.positions.length / 3}`,
    ...['x', 'y', 'z'].map(name => `property ${type} ${name}`),
    `element face ${mesh.triangles.length / 3}\nproperty list uchar int vertex_indices\nend_header`,
    ...Array.from({ length: mesh.positions.length / 3 }, (_, i) => mesh.positions.subarray(3 * i, 3 * i + 3).join(' ')),
    ...Array.from(
      { length: mesh.triangles.length / 3 },
      (_, i) => `3 ${mesh.triangles.subarray(3 * i, 3 * i + 3).join(' ')}`,
    ),
  ].join('\n');

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]));

/** A binary PLY of a cube, with the given line ends in its header and the given first byte of data. */
const binaryCube = (lineEnd: string, last = lineEnd, first = 0): Uint8Array => {
  const { triangles, positions } = cube(1, [0.5, 0.5, 0.5]);
  const lines = [
    'ply',
    'format binary_little_endian 1.0',
    'comment a cube',
    'element tag 1',
    'property uchar a',
    'element vertex 8',
  ];
  lines.push(
    'property float x',
    'property float y',
    'property float z',
    'element face 12',
    'property list uchar uchar vertex_index',
    'end_header',
  );
  const body = new DataView(new ArrayBuffer(1 + 96 + 48));
  body.setUint8(0, first);
  for (const [i, value] of positions.entries()) body.setFloat32(1 + 4 * i, value, true);
  for (const [i, corner] of triangles.entries()) {
    if (i % 3 === 0) body.setUint8(97 + (4 * i) / 3, 3);
    body.setUint8(98 + 4 * Math.floor(i / 3) + (i % 3), corner);
  }
  return join(bytesOf(lines.join(lineEnd) + last), new Uint8Array(body.buffer));
};

describe('PLY', () => {
  test.each([
    ['LF', '\n', '\n', 0x0a],
    ['CRLF', '\r\n', '\r\n', 0x0a],
    ['CR, and data that begin with 0x0a', '\r', '\r', 0x0a],
    ['CR, and data that begin with 0', '\r', '\r', 0],
    ['CR, and CRLF at the end', '\r', '\r\n', 7],
    ['CR, and CRLF at the end before 0x0a', '\r', '\r\n', 0x0a],
    ['LF, and blanks at the end', '\n', ' \t \n', 0x0a],
    ['CR, and blanks at the end', '\r', '  \r', 0x0a],
  ])('a header with line ends of %s', async (_, lineEnd, last, first) => {
    const { notes, ...found } = await look(binaryCube(lineEnd, last, first));
    expect(found).toMatchObject(CUBE);
    expect(notes).toEqual(["1 row of the element 'tag' ignored"]);
  });

  test('bytes after the last row get a note, words are rejected', async () => {
    expect((await look(join(binaryCube('\n'), new Uint8Array(3)))).notes).toContain(
      '3 bytes after the last row ignored',
    );
    await expect(decodeShape(bytesOf(`${plyOf(cube(1))}\n3 0 1 2\n`))).rejects.toMatchObject({ problem: 'damaged' });
  });

  test.each(['vertices', 'vertex_list', 'corners'])("faces in a list with the name '%s'", async name => {
    const { notes, ...found } = await look(bytesOf(plyOf(cube(1)).replace('vertex_indices', name)));
    expect(found).toMatchObject(CUBE);
    expect(notes).toEqual(name === 'vertices' ? [] : [`the list '${name}' is used as the vertices of the faces`]);
  });

  test('faces without a list, or with several of unknown names, are rejected', async () => {
    const text = plyOf(cube(1));
    for (const properties of ['property uchar vertex_indices', 'property list uchar int a\nproperty list uchar int b'])
      await expect(
        decodeShape(bytesOf(text.replace('property list uchar int vertex_indices', properties))),
      ).rejects.toMatchObject({
        problem: 'unsupported',
        message: expect.stringContaining("must have a list 'vertex_indices'"),
      });
  });

  test('vertex indices of a non-integer type are rejected', async () => {
    const text = plyOf(cube(1)).replace('list uchar int vertex_indices', 'list uchar float vertex_index');
    await expect(decodeShape(bytesOf(text))).rejects.toMatchObject({
      problem: 'unsupported',
      message: expect.stringContaining(
        "the list 'vertex_index' of the faces must have an integer type, e.g. int, got float32",
      ),
    });
  });

  test('hexagons, one of them concave; other lists and numbers of a face are ignored', async () => {
    const ring = (z: number): string =>
      [0, 1, 2, 3, 4, 5].map(i => `${Math.cos((i * Math.PI) / 3)} ${Math.sin((i * Math.PI) / 3)} ${z}`).join('\n');
    const sides = [0, 1, 2, 3, 4, 5].map(i => `7 4 ${i} ${(i + 1) % 6} ${((i + 1) % 6) + 6} ${i + 6} 2 0.5 0.5`);
    const header =
      'ply\nformat ascii 1.0\nelement vertex 12\nproperty double x\nproperty double y\nproperty double z\nelement face 8\n';
    const lists =
      'property int tag\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\nend_header\n';
    const text = [`${header}${lists}${ring(-1)}`, ring(1), '7 6 5 4 3 2 1 0 0', '7 6 6 7 8 9 10 11 0', ...sides].join(
      '\n',
    );
    const area = (6 * Math.sqrt(3)) / 4;
    expect(await look(bytesOf(text))).toMatchObject({
      area: near(2 * area + 12),
      volume: near(2 * area),
      triangles: 20,
      closed: true,
    });
  });

  test('points that no face uses do not affect the box, even if they are NaN', async () => {
    const text = plyOf(cube(2))
      .replace('element vertex 8', 'element vertex 10')
      .replace('\n3 ', '\n1e7 1e7 1e7\nnan inf 0\n3 ');
    const { mesh, notes, ...found } = await look(bytesOf(text));
    expect(found).toMatchObject({ area: near(24), volume: near(8), triangles: 12 });
    expect(notes).toEqual(['2 points that no face uses ignored']);
    const { scale, offset } = unitBox(mesh, { margin: 0 });
    expect([scale, ...offset.map(Math.abs)]).toEqual([1, 0, 0, 0]);
    // Those of a mesh in memory do not affect it either.
    expect(
      unitBox({ ...cube(2), positions: Float32Array.of(...cube(2).positions, 50, 50, 50) }, { margin: 0 }).scale,
    ).toBe(1);
  });

  test('NaN in an unused property, and in normals, which are then unknown', async () => {
    const header = ['x', 'y', 'z', 'nx', 'ny', 'nz', 'curvature'].map(name => `property float ${name}\n`).join('');
    const text = `ply\nformat ascii 1.0\nelement vertex 3\n${header}end_header\n0 0 0 0 0 2 nan\n1 0 0 nan nan nan 1\n0 1 0 0 0 0 -inf\n`;
    const { normals, notes } = await decodeShape(bytesOf(text));
    expect([...normals!]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect(notes).toEqual([]);
  });

  test('NaN in a used position is reported with its index and the count', async () => {
    const text = plyOf(cube(1)).replaceAll(/^0.5 (\S+) 0.5$/gm, '0.5 $1 nan');
    await expect(decodeShape(bytesOf(text))).rejects.toMatchObject({
      problem: 'not-finite',
      message: 'coordinates must be finite numbers, got NaN in point 5, the first of 2 such points',
    });
  });

  test('a mesh whose triangles share no vertices is closed after merging', async () => {
    const { mesh, ...found } = await look(bytesOf(plyOf(split(cube(1)))));
    expect(found).toMatchObject(CUBE);
    expect([mesh.positions.length / 3, orientMesh(mesh).closedParts]).toEqual([36, 1]);
  });
});

const stlText = ({ positions, triangles }: Mesh, normal = '0 0 0'): string => {
  const corner = (i: number): string =>
    `vertex ${positions.subarray(3 * triangles[i]!, 3 * triangles[i]! + 3).join(' ')}`;
  const facet = (i: number): string =>
    `facet normal ${normal}\nouter loop\n${corner(3 * i)}\n${corner(3 * i + 1)}\n${corner(3 * i + 2)}\nendloop\nendfacet\n`;
  return `solid cube\n${Array.from({ length: triangles.length / 3 }, (_, i) => facet(i)).join('')}endsolid cube\n`;
};

const stlBinary = ({ positions, triangles }: Mesh, header: string, spare: number): Uint8Array => {
  const data = new DataView(new ArrayBuffer(84 + (50 * triangles.length) / 3 + spare));
  for (const [i, byte] of bytesOf(header.padEnd(80)).entries()) data.setUint8(i, byte);
  data.setUint32(80, triangles.length / 3, true);
  for (const [i, corner] of triangles.entries())
    for (let k = 0; k < 3; k++)
      data.setFloat32(84 + 50 * Math.floor(i / 3) + 12 + 12 * (i % 3) + 4 * k, positions[3 * corner + k]!, true);
  return new Uint8Array(data.buffer);
};

describe('STL', () => {
  const text = stlText(cube(1));
  test.each([
    ['small letters', text],
    ['capitals', text.toUpperCase()],
    ['ENDSOLID alone in capitals', text.replace('endsolid', 'ENDSOLID')],
    [
      'words apart',
      text.replaceAll('endsolid', 'end solid').replaceAll('endfacet', 'end facet').replaceAll('endloop', 'end loop'),
    ],
    ['keywords in the name', text.replaceAll('cube', 'vertex facet normal endsolid 3')],
    ['no name, and line ends of CR alone', text.replaceAll(' cube', '').replaceAll('\n', '\r')],
    ['normals that are NaN', stlText(cube(1), 'nan -nan(ind) 1.#QNAN')],
    ['normals that are words', stlText(cube(1), 'a b c')],
    ['everything indented by tabs', text.replaceAll(/^/gm, '\t\t')],
    [
      'two solids',
      `${stlText({ ...cube(1), triangles: cube(1).triangles.slice(0, 15) })}${stlText({ ...cube(1), triangles: cube(1).triangles.slice(15) })}`,
    ],
  ])('text with %s', async (_, file) => {
    expect(await look(bytesOf(file))).toMatchObject({ ...CUBE, notes: [] });
  });

  test.each([
    ['no spare bytes', 'exported', 0, ''],
    ['a header that begins with solid', 'solid cube', 0, ''],
    ['such a header, and spare bytes', 'solid cube', 16, ''],
    ['spare bytes, recognised by its name', 'exported', 1, 'a.stl'],
  ])('binary with %s', async (_, header, spare, name) => {
    const { notes, ...found } = await look(stlBinary(cube(1), header, spare), name);
    expect(found).toMatchObject(CUBE);
    expect(notes).toEqual(spare === 0 ? [] : [`${spare} byte${spare === 1 ? '' : 's'} after the last facet ignored`]);
  });

  test.each([
    [
      'a facet with two vertices and one with four',
      text.replace(/vertex \S+ \S+ \S+\nendloop/, 'endloop'),
      'damaged',
      'got 2 in facet 0, which ends by line 7',
    ],
    ['no end', text.replace(/endsolid.*/, ''), 'truncated', "no 'endsolid' after facet 12"],
    [
      'an end within a facet',
      text.replace(/endloop\nendfacet\nendsolid/, 'endsolid'),
      'damaged',
      "'endsolid' within facet 11",
    ],
    ['a vertex with two coordinates', text.replace(/(vertex \S+ \S+) \S+/, '$1'), 'damaged', 'three numbers'],
    ['an unknown keyword', text.replace('endloop', 'loopend'), 'damaged', "'loopend' in line 7"],
  ])('text with %s is rejected', async (_, file, problem, words) => {
    await expect(decodeShape(bytesOf(file))).rejects.toMatchObject({
      problem,
      message: expect.stringContaining(words),
    });
  });
});

describe('XYZ', () => {
  const UNIT = ['0 0 1', '0 -1 0', '0.6 0 0.8'];
  const rows = (columns: (i: number) => string): string =>
    `${[0, 1, 2].map(i => `${i} ${2 * i} ${i - 5} ${columns(i)}`).join('\n')}\n`;
  const POSITIONS = [0, 0, -5, 1, 2, -4, 2, 4, -3];
  const NORMALS = UNIT.join(' ').split(' ').map(Number).map(Math.fround);

  test.each([
    ['intensities', rows(i => `${i / 7}`), undefined, /column 4 ignored/],
    ['normals', rows(i => UNIT[i]!), NORMALS, undefined],
    ['colours from 0 to 255', rows(i => `${i * 100} 255 7`), undefined, /columns 4 to 6 ignored/],
    ['colours from 0 to 1', rows(i => `${i / 3} 0.5 0.25`), undefined, /columns 4 to 6 ignored/],
    [
      'normals of other lengths',
      rows(i =>
        UNIT[i]!.split(' ')
          .map(c => 3 * Number(c))
          .join(' '),
      ),
      NORMALS,
      /not all have length 1/,
    ],
    [
      'normals of which one is unknown',
      rows(i => (i === 2 ? 'nan nan nan' : UNIT[i]!)),
      [...NORMALS.slice(0, 6), 0, 0, 0],
      undefined,
    ],
    ['an intensity, then normals', rows(i => `${i * 9} ${UNIT[i]}`), NORMALS, /columns 5 to 7 used as normals/],
    ['colours, then normals', rows(i => `200 100 ${i} ${UNIT[i]}`), NORMALS, /columns 7 to 9 used as normals/],
    ['normals, then colours', rows(i => `${UNIT[i]} 200 100 ${i}`), NORMALS, /columns 4 to 6 used as normals/],
    ['words behind', rows(() => 'tree'), undefined, /column 4 ignored/],
    ['a line of names', `X Y Z Intensity\n${rows(i => `${i}`)}`, undefined, /1 column ignored, according to the names/],
    [
      'names in a comment',
      `//X Y Z R G B Nx Ny Nz\n${rows(i => `255 0 ${i} ${UNIT[i]}`)}`,
      NORMALS,
      /3 columns ignored, according to the names/,
    ],
    ['unknown names', `a b c d\n${rows(i => `${i}`)}`, undefined, /names of the columns are not recognised/],
    [
      'commas and names with units',
      `"x [m]","y [m]","z [m]","scalar"\n${rows(i => `${i}`).replaceAll(' ', ',')}`,
      undefined,
      /1 column ignored/,
    ],
    [
      'semicolons, empty columns and line ends of CR',
      rows(() => '')
        .replaceAll(/ /g, ';')
        .replaceAll('\n', ';5\r'),
      undefined,
      /columns 4 to 5 ignored/,
    ],
  ])('%s', async (_, text, normals, note) => {
    const shape = await decodeShape(bytesOf(text), { format: 'xyz' });
    expect([...shape.positions]).toEqual(POSITIONS);
    expect(shape.normals && [...shape.normals]).toEqual(normals?.map(value => expect.closeTo(value, 6)));
    expect(shape.notes.join('; ')).toMatch(note ?? /^$/);
  });

  test('names in another order reorder the columns', async () => {
    const shape = await decodeShape(bytesOf('id,northing,easting,elevation\n7,2,1,3\n8,5,4,6\n'), {
      name: 'survey.csv',
    });
    expect([...shape.positions]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('decimal commas are not silently used as separators', async () => {
    await expect(decodeShape(bytesOf('1,5 2,5 3,5\n1,5 2,5 3,5\n'), { format: 'xyz' })).rejects.toMatchObject({
      problem: 'damaged',
    });
    await expect(decodeShape(bytesOf('1,5;2,5;3,5\n'), { format: 'xyz' })).rejects.toMatchObject({
      problem: 'damaged',
    });
  });
});

describe('coordinates far from the origin', () => {
  const PLACE = [694_385.8, 5_155_487.1, 380.7] as const;
  /** A bumpy patch of 20 by 20 points, 2 m wide: in float32 its rows at 5,155,487 would be spaced by half a metre. */
  const patch = (): number[] => {
    const rng = createRng(1);
    return Array.from({ length: 400 }, (_, i) => [(i % 20) / 10, Math.floor(i / 20) / 10, 0.2 * rng.uniform()]).flat();
  };
  const points = patch();
  const text = `${Array.from({ length: 400 }, (_, i) => [0, 1, 2].map(k => points[3 * i + k]! + PLACE[k]!).join(' ')).join('\n')}\n`;

  test('are preserved to a millionth of the size of the shape, through any file with doubles', async () => {
    const shape = await decodeShape(bytesOf(text));
    for (const file of [
      shape,
      await decodeShape(encodePly(shape)),
      await decodeShape(encodePly(shape, { encoding: 'text' })),
      await decodeShape(encodeObj(shape)),
    ])
      for (const [i, value] of file.positions.entries())
        expect(file.offset![i % 3]! + value - PLACE[i % 3]!).toBeCloseTo(points[i]!, 6);
  });

  test('shapes near the origin, and shapes with float32 coordinates, have no offset', async () => {
    expect((await decodeShape(bytesOf('1 2 3\n4 5 6\n'))).offset).toBeUndefined();
    expect((await decodeShape(stlBinary(cube(64, [4096, 0, 0]), '', 0))).offset).toBeUndefined();
  });

  test('a shape smaller than the spacing of its floats is rejected; one that spans few steps gets a note', async () => {
    const tiny = [0, 1, 2, 3].map(i => `${5e6 + 1e-9 * i} ${5e6} 0`).join('\n');
    await expect(decodeShape(bytesOf(tiny))).rejects.toMatchObject({
      problem: 'precision',
      message: expect.stringContaining('64-bit floats'),
    });
    const rounded = stlBinary(cube(1, [694_385.8, 5_155_487.1, 380.7]), '', 0);
    await expect(decodeShape(rounded)).rejects.toMatchObject({
      problem: 'precision',
      message: expect.stringContaining('32-bit floats is 0.6'),
    });
    expect((await look(stlBinary(cube(100, [694_385.8, 5_155_487.1, 380.7]), '', 0))).notes).toEqual([
      expect.stringContaining('its form is coarse'),
    ]);
  });

  test('integers are exact, however few', async () => {
    expect(await look(stlBinary(cube(2, [694_385, 5_155_487, 380]), '', 0))).toMatchObject({
      area: near(24),
      volume: near(8),
    });
  });

  test('but not where floats do not represent every integer', async () => {
    await expect(decodeShape(bytesOf('1e300 0 0\n1e300 1 0\n'))).rejects.toMatchObject({ problem: 'precision' });
    await expect(decodeShape(stlBinary(cube(2 ** 26, [2 ** 50, 0, 0]), '', 0))).rejects.toMatchObject({
      problem: 'precision',
    });
  });

  test('numbers beyond float32 are rejected', async () => {
    await expect(decodeShape(bytesOf('0 0 0\n1e39 0 0\n'))).rejects.toMatchObject({ problem: 'precision' });
    await expect(decodeShape(bytesOf('-1e308 0 0\n1e308 0 0\n'))).rejects.toMatchObject({ problem: 'precision' });
    await expect(decodeShape(bytesOf('0 0 0\n1e-60 0 0\n'))).rejects.toMatchObject({ problem: 'precision' });
  });
});

describe('limits', () => {
  const header = (element: string): string =>
    `ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n${element}end_header\n0 0 0\n1 0 0\n0 1 0\n`;
  test('an element without properties takes no time, whatever its count', async () => {
    const { positions, notes } = await decodeShape(bytesOf(header('element junk 9007199254740991\n')));
    expect([positions.length, notes]).toEqual([9, []]);
  });

  test.each([
    ['more rows than bytes', 'element junk 99999999\nproperty uchar a\n', 'truncated', "99999999 rows of 'junk'"],
    [
      'a type named like a member of every object',
      'element junk 1\nproperty toString a\n',
      'damaged',
      'property toString a',
    ],
    [
      'a list of such a type',
      'element junk 1\nproperty list constructor int a\n',
      'damaged',
      'property list constructor int a',
    ],
    ['escape sequences', 'element a\u001b[31m 1\n', 'damaged', 'element a\\x1b[31m 1'],
    ['an element twice', 'element vertex 1\nproperty uchar a\n', 'damaged', "the element 'vertex' occurs twice"],
    ['a count below 0', 'element junk -1\n', 'damaged', 'element junk -1'],
  ])('a PLY header with %s', async (_, element, problem, words) => {
    const error: Error & { problem?: string } = await decodeShape(bytesOf(header(element))).catch(caught => caught);
    expect(error).toMatchObject({ name: 'ShapeError', problem });
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^[ -~]+$/);
  });

  test('a list longer than the file is rejected without exhausting memory', async () => {
    const text = header('element face 1\nproperty list uint int vertex_indices\n');
    await expect(decodeShape(bytesOf(`${text}4294967295 0 1 2\n`))).rejects.toMatchObject({ problem: 'truncated' });
    await expect(decodeShape(bytesOf(`${text}1.5 0 1 2\n`))).rejects.toMatchObject({ problem: 'damaged' });
  });

  test('options limit the number of points and triangles', async () => {
    const bytes = bytesOf(OBJ);
    await expect(decodeShape(bytes, { maxPoints: 7 })).rejects.toMatchObject({
      problem: 'too-large',
      message: 'the shape has 8 points, maxPoints is 7',
    });
    await expect(decodeShape(bytes, { maxTriangles: 11 })).rejects.toMatchObject({ problem: 'too-large' });
    expect((await decodeShape(bytes, { maxPoints: 8, maxTriangles: 12 })).positions).toHaveLength(24);
  });

  test('a polygon with a million vertices is triangulated if convex, and rejected otherwise', async () => {
    const ring = (radius: (i: number) => number, size: number): Uint8Array =>
      bytesOf(
        `${Array.from({ length: size }, (_, i) => `v ${radius(i) * Math.cos((2 * Math.PI * i) / size)} ${radius(i) * Math.sin((2 * Math.PI * i) / size)} 0`).join('\n')}\nf ${Array.from({ length: size }, (_, i) => i + 1).join(' ')}\n`,
      );
    expect((await look(ring(() => 1000, 50_000))).triangles).toBe(49_998);
    await expect(decodeShape(ring(i => 1 + (i % 2), 50_000))).rejects.toMatchObject({
      problem: 'too-large',
      message: expect.stringContaining('triangulate them first'),
    });
  });
});
