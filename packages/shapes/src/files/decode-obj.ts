import { createNumberList, doubles, floats, integers } from '../bytes/number-list.ts';
import { ShapeError } from '../shape-error.ts';
import { parseNumber } from '../text/parse-number.ts';
import { plural } from '../text/plural.ts';
import {
  createCursor,
  nextContinuedWord,
  nextLine,
  quoteWord,
  type TextCursor,
  wordAsNumber,
  wordAsText,
} from '../text/text-cursor.ts';
import type { FileShape } from './file-shape.ts';

/** Unsupported statements, which are ignored with a note that names them. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['l', 'line'],
  ['p', 'point statement'],
  ['curv', 'curve'],
  ['curv2', 'curve'],
  ['surf', 'curved surface'],
  ['call', 'included file'],
  ['csh', 'command'],
]);

/** Statements that do not affect triangles, and those that belong to curves and surfaces. */
const IGNORED: ReadonlySet<string> = new Set(
  (
    'vt vp g o s mg usemtl mtllib usemap maplib bevel c_interp d_interp lod shadow_obj trace_obj ' +
    'cstype deg bmat step parm trim hole scrv sp end con ctech stech bsp bzp cdc cdp res'
  ).split(' '),
);

/** Whether a word is a keyword of OBJ files. */
export const isObjKeyword = (word: string): boolean =>
  word === 'v' || word === 'vn' || word === 'f' || word === 'fo' || UNSUPPORTED.has(word) || IGNORED.has(word);

const SLASH = 0x2f;

/**
 * The `part`th index of a face vertex such as `1/2/3`, `1//3` or `1`; `undefined` if it is omitted, NaN if it is not a
 * number.
 */
const cornerPart = ({ bytes, start, stop }: TextCursor, part: 0 | 2): number | undefined => {
  let [from, slashes] = [start, 0];
  for (let at = start; at <= stop; at++) {
    if (at < stop && bytes[at] !== SLASH) continue;
    if (slashes === part) {
      if (at === from) return undefined;
      const value = parseNumber(bytes, from, at);
      return value !== undefined && Number.isInteger(value) ? value : Number.NaN;
    }
    slashes++;
    from = at + 1;
  }
  return undefined;
};

/** The row that an OBJ index refers to: 1 is the first, -1 the last so far. NaN if there is no such row. */
const rowOf = (index: number | undefined, soFar: number): number => {
  const row = index === undefined || index === 0 ? Number.NaN : index > 0 ? index - 1 : soFar + index;
  return row >= 0 && row < 2 ** 32 - 1 ? row : Number.NaN;
};

/** A face vertex without a normal. */
const NONE = 2 ** 32 - 1;

interface Content {
  readonly positions: Float64Array;
  readonly normals: Float32Array;
  /** The indices of positions and normals of the face vertices. */
  readonly vertexIndices: Uint32Array;
  readonly normalIndices: Uint32Array;
  readonly sizes: Uint32Array;
  readonly notes: string[];
}

const readNumbers = (cursor: TextCursor, keyword: string, push: (value: number) => void): void => {
  const { line } = cursor;
  for (let k = 0; k < 3; k++) {
    const more = nextContinuedWord(cursor);
    const value = more ? wordAsNumber(cursor) : undefined;
    if (value === undefined)
      throw new ShapeError(
        'damaged',
        'OBJ',
        `'${keyword}' must have three numbers, got ${more ? quoteWord(cursor) : `${k}`} in line ${line}`,
      );
    push(value);
  }
};

const readContent = (bytes: Uint8Array): Content => {
  const [positions, normals] = [createNumberList(doubles), createNumberList(floats)];
  const [vertexIndices, normalIndices, sizes] = [
    createNumberList(integers),
    createNumberList(integers),
    createNumberList(integers),
  ];
  const leftOut = new Map<string, number>();
  const cursor = createCursor(bytes);
  const readFace = (): void => {
    const [line, before] = [cursor.line, vertexIndices.length];
    while (nextContinuedWord(cursor) && bytes[cursor.start] !== 0x23) {
      const row = rowOf(cornerPart(cursor, 0), positions.length / 3);
      if (Number.isNaN(row))
        throw new ShapeError('bad-index', 'OBJ', `${quoteWord(cursor)} in line ${line} does not refer to a vertex`);
      vertexIndices.push(row);
      const normal = rowOf(cornerPart(cursor, 2), normals.length / 3);
      normalIndices.push(Number.isNaN(normal) ? NONE : normal);
    }
    sizes.push(vertexIndices.length - before);
  };
  do {
    if (!nextContinuedWord(cursor) || bytes[cursor.start] === 0x23) continue;
    const keyword = wordAsText(cursor, 16);
    if (keyword === 'v') readNumbers(cursor, keyword, positions.push);
    else if (keyword === 'vn') readNumbers(cursor, keyword, normals.push);
    else if (keyword === 'f' || keyword === 'fo') readFace();
    else if (!IGNORED.has(keyword)) {
      const what = UNSUPPORTED.get(keyword) ?? 'unknown statement';
      leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
    }
    // The rest of the statement, including continuation lines.
    while (bytes[cursor.start] !== 0x23 && nextContinuedWord(cursor));
  } while (nextLine(cursor));
  return {
    positions: positions.view().slice(),
    normals: normals.view(),
    vertexIndices: vertexIndices.view(),
    normalIndices: normalIndices.view(),
    sizes: sizes.view(),
    notes: [...leftOut].map(([what, count]) => `${plural(count, what)} ignored`),
  };
};

/** The sum of the normals that faces specify at each vertex; `undefined` if they specify none. */
const normalsAtVertices = (content: Content): Float32Array | undefined => {
  const { positions, normals, vertexIndices, normalIndices, notes } = content;
  const sums = new Float32Array(positions.length);
  const count = normals.length / 3;
  let [found, missing] = [false, 0];
  for (let i = 0; i < vertexIndices.length; i++) {
    const [row, vertex] = [normalIndices[i]!, vertexIndices[i]!];
    if (row === NONE) continue;
    if (row >= count) {
      missing++;
      continue;
    }
    if (!Number.isFinite(normals[3 * row]! + normals[3 * row + 1]! + normals[3 * row + 2]!)) continue;
    found = true;
    if (vertex < positions.length / 3) for (let k = 0; k < 3; k++) sums[3 * vertex + k]! += normals[3 * row + k]!;
  }
  if (missing > 0) notes.push(`${plural(missing, 'reference')} to missing normals`);
  return found ? sums : undefined;
};

/**
 * Decodes OBJ: the faces of all objects and groups become one mesh, with their normals. A file without faces becomes a
 * point cloud of all vertices.
 *
 * @throws ShapeError
 */
export const decodeObj = (bytes: Uint8Array): FileShape => {
  const content = readContent(bytes);
  const { positions, vertexIndices, sizes, notes } = content;
  if (positions.length === 0) throw new ShapeError('no-points', undefined, 'an OBJ file must have vertices, got none');
  const common = { positions, precision: 'float64', notes } as const;
  if (sizes.length === 0) {
    const { normals } = content;
    return { ...common, weld: false, ...(normals.length === positions.length && { normals: normals.slice() }) };
  }
  const normals = normalsAtVertices(content);
  return { ...common, weld: true, faces: { vertexIndices, sizes }, ...(normals && { normals }) };
};
