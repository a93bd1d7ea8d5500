import { createNumberList, doubles } from '../bytes/number-list.ts';
import { ShapeError } from '../shape-error.ts';
import { plural } from '../text/plural.ts';
import {
  createCursor,
  nextLine,
  nextWord,
  nextWordAnywhere,
  quoteWord,
  type TextCursor,
  wordAsNumber,
  wordAsText,
} from '../text/text-cursor.ts';
import type { FileShape } from './file-shape.ts';
import { isBinary, STL_HEADER, STL_TRIANGLE } from './shape-format.ts';

const noFacets = (): ShapeError => new ShapeError('no-points', 'an STL file must have facets, got none');

/** Triangles without shared corners. */
const soup = (positions: Float64Array, precision: FileShape['precision'], notes: readonly string[]): FileShape => ({
  positions,
  faces: {
    corners: Uint32Array.from({ length: positions.length / 3 }, (_, i) => i),
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
    throw new ShapeError('truncated', `the STL file ends early: wanted ${wanted} bytes, got ${bytes.length}`);
  if (count === 0) throw noFacets();
  const positions = new Float64Array(9 * count);
  for (let i = 0; i < count; i++)
    // The normal of the facet comes first: it is that of the triangle.
    for (let k = 0; k < 9; k++) positions[9 * i + k] = data.getFloat32(STL_HEADER + STL_TRIANGLE * i + 12 + 4 * k, true);
  const spare = bytes.length - wanted;
  return soup(positions, 'float32', spare > 0 ? [`${plural(spare, 'byte')} after the last facet left out`] : []);
};

/** The next word in lower case, on whatever line; empty at the end of the text. */
const keyword = (cursor: TextCursor): string => (nextWordAnywhere(cursor) ? wordAsText(cursor).toLowerCase() : '');

const damaged = (message: string): ShapeError => new ShapeError('damaged', `STL: ${message}`);

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
  let [facets, corners] = [0, 0];
  let ended = false;
  const endFacet = (): void => {
    if (corners !== 3) throw damaged(`facets must have 3 corners, got ${corners} in facet ${facets}, before line ${cursor.line}`);
    facets++;
    corners = 0;
  };
  for (let word = keyword(cursor); word !== ''; word = keyword(cursor)) {
    // `end solid`, `end facet` and `end loop` are one word elsewhere.
    if (word === 'end') word += keyword(cursor);
    switch (word) {
      case 'solid':
      case 'endsolid':
        // The rest of the line is a name, which may be any words.
        if (corners > 0) throw damaged(`'${word}' within facet ${facets}, in line ${cursor.line}`);
        ended = word === 'endsolid';
        nextLine(cursor);
        break;
      case 'facet':
        if (corners > 0) endFacet();
        if (keyword(cursor) !== 'normal') throw damaged(`wanted 'facet normal' in line ${cursor.line}, got ${quoteWord(cursor)}`);
        // The three numbers do not matter, nor whether they are any.
        for (let k = 0; k < 3; k++) nextWord(cursor);
        break;
      case 'vertex':
        if (++corners > 3) throw damaged(`facets must have 3 corners, got a fourth in facet ${facets}, in line ${cursor.line}`);
        readVertex(cursor, positions.push);
        break;
      case 'endfacet':
        endFacet();
        break;
      case 'outer':
      case 'loop':
      case 'endloop':
        break;
      default:
        throw damaged(`${quoteWord(cursor)} in line ${cursor.line} is no word of an STL file`);
    }
  }
  if (!ended || corners > 0)
    throw new ShapeError('truncated', `the STL file ends early: no 'endsolid' after facet ${facets} in ${bytes.length} bytes`);
  if (facets === 0) throw noFacets();
  return soup(positions.view().slice(), 'float64', []);
};

/**
 * Reads STL, text (in capitals or not) and binary. The normals of facets, which may be anything, are passed over: those of the triangles count.
 *
 * @throws ShapeError
 */
export const decodeStl = (bytes: Uint8Array): FileShape => (isBinary(bytes) ? decodeBinary(bytes) : decodeText(bytes));
