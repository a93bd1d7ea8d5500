import { createNumberList, doubles, indices } from '../bytes/number-list.ts';
import { ShapeError } from '../shape-error.ts';
import { plural } from '../text/plural.ts';
import {
  createCursor,
  isWord,
  nextLine,
  nextWord,
  nextWordAnywhere,
  quoteWord,
  type TextCursor,
  wordAsNumber,
} from '../text/text-cursor.ts';
import type { FileShape } from './file-shape.ts';
import { isBinary, STL_HEADER, STL_TRIANGLE } from './shape-format.ts';

const noFacets = (): ShapeError => new ShapeError('no-points', undefined, 'an STL file must have facets, got none');

/** Triangles without shared vertices. */
const soup = (positions: Float64Array, precision: FileShape['precision'], notes: readonly string[]): FileShape => ({
  positions,
  faces: {
    vertexIndices: indices(positions.length / 3),
    sizes: new Uint32Array(positions.length / 9).fill(3),
  },
  weld: true,
  precision,
  notes,
});

const decodeBinary = (bytes: Uint8Array): FileShape => {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length < STL_HEADER ? 0 : data.getUint32(80, true);
  const wanted = STL_HEADER + STL_TRIANGLE * count;
  if (bytes.length < wanted)
    throw new ShapeError(
      'truncated',
      undefined,
      `the STL file ends early: wanted ${wanted} bytes, got ${bytes.length}`,
    );
  if (count === 0) throw noFacets();
  const positions = new Float64Array(9 * count);
  for (let i = 0; i < count; i++)
    // The facet's normal comes first; it is redundant with the triangle.
    for (let k = 0; k < 9; k++)
      positions[9 * i + k] = data.getFloat32(STL_HEADER + STL_TRIANGLE * i + 12 + 4 * k, true);
  const spare = bytes.length - wanted;
  return soup(positions, 'float32', spare > 0 ? [`${plural(spare, 'byte')} after the last facet ignored`] : []);
};

const damaged = (message: string): ShapeError => new ShapeError('damaged', 'STL', `${message}`);

const readVertex = (cursor: TextCursor, push: (value: number) => void): void => {
  for (let k = 0; k < 3; k++) {
    const value = nextWord(cursor) ? wordAsNumber(cursor) : undefined;
    if (value === undefined)
      throw damaged(`wanted three numbers after 'vertex' in line ${cursor.line}, got ${quoteWord(cursor)}`);
    push(value);
  }
};

const decodeText = (bytes: Uint8Array): FileShape => {
  const cursor = createCursor(bytes);
  const positions = createNumberList(doubles);
  let [facets, vertices] = [0, 0];
  let ended = false;
  const endFacet = (): void => {
    if (vertices !== 3)
      throw damaged(
        `facets must have 3 vertices, got ${vertices} in facet ${facets}, which ends by line ${cursor.line}`,
      );
    facets++;
    vertices = 0;
  };
  /** The name of a solid may consist of any words. */
  const skipName = (): void => {
    if (vertices > 0) throw damaged(`${quoteWord(cursor)} within facet ${facets}, in line ${cursor.line}`);
    nextLine(cursor);
  };
  while (nextWordAnywhere(cursor)) {
    // Some programs write `end solid`, `end facet` and `end loop` as two words.
    const apart = isWord(cursor, 'end') && nextWordAnywhere(cursor);
    if (!apart && isWord(cursor, 'vertex')) {
      if (++vertices > 3)
        throw damaged(`facets must have 3 vertices, got a fourth in facet ${facets}, in line ${cursor.line}`);
      readVertex(cursor, positions.push);
    } else if (!apart && isWord(cursor, 'facet')) {
      if (vertices > 0) endFacet();
      if (!nextWord(cursor) || !isWord(cursor, 'normal'))
        throw damaged(`wanted 'facet normal' in line ${cursor.line}, got ${quoteWord(cursor)}`);
      // The normal is ignored, whatever its words are.
      for (let k = 0; k < 3; k++) nextWord(cursor);
    } else if (isWord(cursor, apart ? 'facet' : 'endfacet')) endFacet();
    else if (isWord(cursor, apart ? 'solid' : 'endsolid')) {
      skipName();
      ended = true;
    } else if (!apart && isWord(cursor, 'solid')) {
      skipName();
      ended = false;
    } else if (!isWord(cursor, 'loop') && !isWord(cursor, 'outer') && !isWord(cursor, 'endloop'))
      throw damaged(`${quoteWord(cursor)} in line ${cursor.line} is not a keyword of STL files`);
  }
  if (!ended || vertices > 0)
    throw new ShapeError(
      'truncated',
      undefined,
      `the STL file ends early: no 'endsolid' after facet ${facets} in ${bytes.length} bytes`,
    );
  if (facets === 0) throw noFacets();
  return soup(positions.view(), 'float64', []);
};

/**
 * Decodes STL, text (case-insensitive) and binary. The normals of facets are unreliable and are ignored in favour of
 * those of the triangles.
 *
 * @throws ShapeError
 */
export const decodeStl = (bytes: Uint8Array): FileShape => (isBinary(bytes) ? decodeBinary(bytes) : decodeText(bytes));
