import { createNumberList, integers } from '../../bytes/number-list.ts';
import { ShapeError } from '../../shape-error.ts';
import { plural } from '../../text/plural.ts';
import type { FileShape } from '../file-shape.ts';
import { type PlyElement, type PlyHeader, type PlyProperty, readPlyHeader } from './ply-header.ts';
import { EndOfData, type PlyNumbers, plyNumbers } from './ply-numbers.ts';

/**
 * The use of a row's property: a column of the positions (0 to 2) or normals (3 to 5), the vertices of a face, or none.
 */
type Use = number | 'vertices' | undefined;

const COLUMNS = ['x', 'y', 'z', 'nx', 'ny', 'nz'];
/** The list of a face's vertices, under the names that programs give it. */
const VERTEX_LISTS = ['vertex_indices', 'vertex_index', 'vertices', 'vertex_indexes', 'indices'];

const vertexListOf = ({ properties }: PlyElement, notes: string[]): PlyProperty => {
  const lists = properties.filter(({ countType, type }) => countType !== undefined && !type.startsWith('float'));
  const known = VERTEX_LISTS.map(name => lists.find(list => list.name === name)).find(list => list !== undefined);
  if (known) return known;
  const fractional = properties.find(({ name, countType }) => countType !== undefined && VERTEX_LISTS.includes(name));
  if (fractional)
    throw new ShapeError(
      'unsupported',
      'PLY',
      `the list '${fractional.name}' of the faces must have an integer type, e.g. int, got ${fractional.type}`,
    );
  const [only, ...others] = lists;
  if (!only || others.length > 0)
    throw new ShapeError(
      'unsupported',
      undefined,
      `PLY faces must have a list 'vertex_indices', got ${properties.map(({ name }) => `'${name}'`).join(', ') || 'none'}`,
    );
  notes.push(`the list '${only.name}' is used as the vertices of the faces`);
  return only;
};

interface Rows {
  readonly positions: Float64Array;
  readonly normals: Float32Array | undefined;
  readonly vertexIndices: ReturnType<typeof createNumberList<Uint32Array>>;
  readonly sizes: Uint32Array;
}

const readCount = (numbers: PlyNumbers, { name, countType = 'uint8' }: PlyProperty, row: string): number => {
  const count = numbers.next(countType);
  if (!(Number.isInteger(count) && count >= 0))
    throw new ShapeError('damaged', 'PLY', `'${name}' of ${row} has ${count} numbers`);
  if (count > numbers.left()) throw new EndOfData();
  return count;
};

const readRow = (numbers: PlyNumbers, element: PlyElement, row: number, uses: readonly Use[], rows: Rows): void => {
  const { properties } = element;
  for (let i = 0; i < properties.length; i++) {
    const [property, use] = [properties[i]!, uses[i]];
    if (property.countType === undefined) {
      const value = numbers.next(property.type);
      if (typeof use !== 'number') continue;
      if (use < 3) rows.positions[3 * row + use] = value;
      else if (rows.normals) rows.normals[3 * row + use - 3] = value;
      continue;
    }
    const count = readCount(numbers, property, `${element.name} ${row}`);
    if (use !== 'vertices') {
      numbers.skip(property.type, count);
      continue;
    }
    rows.sizes[row] = count;
    for (let k = 0; k < count; k++) {
      const index = numbers.next(property.type);
      // 2^32 - 1 is never a valid index, and is rejected later with the other invalid ones.
      rows.vertexIndices.push(Number.isInteger(index) && index >= 0 && index < 2 ** 32 ? index : 2 ** 32 - 1);
    }
  }
};

const readData = (bytes: Uint8Array, header: PlyHeader, start: number): FileShape & { readonly rest: number } => {
  const notes: string[] = [];
  const { elements } = header;
  const vertices = elements.find(({ name }) => name === 'vertex');
  const faces = elements.find(({ name, count }) => name === 'face' && count > 0);
  if (!vertices || vertices.count === 0)
    throw new ShapeError('no-points', undefined, 'a PLY file must have vertices, got none');
  const named = (name: string): PlyProperty | undefined =>
    vertices.properties.find(property => property.name === name && property.countType === undefined);
  if (!COLUMNS.slice(0, 3).every(named))
    throw new ShapeError(
      'no-points',
      undefined,
      `PLY vertices must have x, y and z, got ${vertices.properties.map(({ name }) => name).join(', ') || 'nothing'}`,
    );
  const strips = elements.find(({ name, count }) => name === 'tristrips' && count > 0);
  if (strips) throw new ShapeError('unsupported', undefined, 'PLY faces must be polygons, got triangle strips');
  const vertexList = faces && vertexListOf(faces, notes);
  const numbers = plyNumbers(bytes, header, start);
  // Checked before memory is allocated: a row needs at least one byte per property, or one word in text.
  const tooMany = elements.find(
    ({ count, properties }) => properties.length > 0 && count * properties.length > numbers.left(),
  );
  if (tooMany)
    throw new ShapeError(
      'truncated',
      undefined,
      `the PLY file ends early: ${tooMany.count} rows of '${tooMany.name}' do not fit into ${bytes.length - start} bytes`,
    );
  const withNormals = COLUMNS.slice(3).every(named);
  const rows: Rows = {
    positions: new Float64Array(3 * vertices.count),
    normals: withNormals ? new Float32Array(3 * vertices.count) : undefined,
    vertexIndices: createNumberList(integers),
    sizes: new Uint32Array(faces?.count ?? 0),
  };
  let place = '';
  let row = 0;
  let total = 0;
  try {
    for (const element of elements) {
      const { name, count, properties } = element;
      if (element !== vertices && element !== faces && count > 0 && properties.length > 0)
        notes.push(`${plural(count, 'row')} of the element '${name}' ignored`);
      [place, total] = [name, properties.length > 0 ? count : 0];
      const uses = properties.map(property =>
        element === vertices && property.countType === undefined && COLUMNS.includes(property.name)
          ? COLUMNS.indexOf(property.name)
          : element === faces && property === vertexList
            ? ('vertices' as const)
            : undefined,
      );
      for (row = 0; row < total; row++) readRow(numbers, element, row, uses, rows);
    }
  } catch (error) {
    if (!(error instanceof EndOfData)) throw error;
    throw new ShapeError('truncated', undefined, `the PLY file ends early: in ${place} ${row} of ${total}`, {
      cause: error,
    });
  }
  const types = COLUMNS.slice(0, 3).map(name => named(name)?.type);
  return {
    positions: rows.positions,
    ...(rows.normals && { normals: rows.normals }),
    ...(faces && { faces: { vertexIndices: rows.vertexIndices.view(), sizes: rows.sizes } }),
    weld: false,
    precision: header.format !== 'ascii' && !types.includes('float64') ? 'float32' : 'float64',
    notes,
    rest: numbers.rest(),
  };
};

/**
 * Decodes PLY, text and binary of either byte order: x, y, z, nx, ny, nz of the vertices, and the faces. Everything
 * else is ignored.
 *
 * @throws ShapeError
 */
export const decodePly = (bytes: Uint8Array): FileShape => {
  const header = readPlyHeader(bytes);
  let shape: ReturnType<typeof readData>;
  if (header.otherLength === undefined) shape = readData(bytes, header, header.length);
  else {
    // Only one of the two interpretations can be right: the one that consumes the whole file.
    const read = (start: number) => {
      try {
        return readData(bytes, header, start);
      } catch (error) {
        if (error instanceof ShapeError) return error;
        throw error;
      }
    };
    const first = read(header.length);
    const second = first instanceof ShapeError || first.rest > 0 ? read(header.otherLength) : first;
    const chosen = second instanceof ShapeError || second.rest > 0 ? first : second;
    if (chosen instanceof ShapeError) throw chosen;
    shape = chosen;
  }
  const { rest, ...found } = shape;
  if (rest > 0 && header.format === 'ascii')
    throw new ShapeError(
      'damaged',
      'PLY',
      `the text has ${plural(rest, 'byte')} after the last row declared in its header`,
    );
  return rest > 0 ? { ...found, notes: [...found.notes, `${plural(rest, 'byte')} after the last row ignored`] } : found;
};
