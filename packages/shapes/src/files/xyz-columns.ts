/** @file Determines which columns of a table are coordinates, and which are normals. */
import { plural } from '../text/plural.ts';

/** The columns of the coordinates, of the normals if there are any, and what was assumed. */
export interface XyzColumns {
  readonly position: readonly [x: number, y: number, z: number];
  readonly normal?: readonly [x: number, y: number, z: number];
  readonly notes: readonly string[];
}

const NAMES: readonly (readonly string[])[] = [
  ['x', 'easting', 'east', 'e'],
  ['y', 'northing', 'north', 'n'],
  ['z', 'height', 'elevation', 'altitude', 'h'],
  ['nx', 'normalx'],
  ['ny', 'normaly'],
  ['nz', 'normalz'],
];

/** The tolerance on the length of a normal that was rounded to two decimals. */
const UNIT = 0.02;

const triple = (columns: readonly number[]): readonly [number, number, number] => [
  columns[0]!,
  columns[1]!,
  columns[2]!,
];

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[[(].*/, '')
    .replace(/[^a-z0-9]/g, '');

/** The columns according to the names in a header line; `undefined` if x, y and z are not among them. */
export const columnsByName = (header: readonly string[]): XyzColumns | undefined => {
  const names = header.map(plain);
  const columns = NAMES.map(known => names.findIndex(name => known.includes(name)));
  if (columns.slice(0, 3).some(column => column < 0)) return undefined;
  const withNormals = columns.slice(3).every(column => column >= 0);
  const others = names.length - (withNormals ? 6 : 3);
  return {
    position: triple(columns),
    ...(withNormals && { normal: triple(columns.slice(3)) }),
    notes: others > 0 ? [`${plural(others, 'column')} ignored, according to the names of the columns`] : [],
  };
};

/** Tests whether three columns can be normals. */
const judge = (
  values: Float64Array,
  width: number,
  first: number,
): { readonly unit: number; readonly other: number; readonly negative: boolean } => {
  let [unit, other, negative] = [0, 0, false];
  for (let at = first; at < values.length; at += width) {
    const [x, y, z] = [values[at]!, values[at + 1]!, values[at + 2]!];
    const length = Math.hypot(x, y, z);
    // An unknown normal.
    if (!(length > 0)) continue;
    if (Math.abs(length - 1) <= UNIT) unit++;
    else other++;
    negative ||= Math.min(x, y, z) < 0;
  }
  return { unit, other, negative };
};

const span = (first: number, last: number): string =>
  first === last ? `column ${first + 1}` : `columns ${first + 1} to ${last + 1}`;

/**
 * The columns according to their values: the first three are x, y, z; the next three consecutive columns whose rows all
 * have length 1 are normals. If there are six columns, the last three are also normals if some values are negative,
 * which rules out colours.
 *
 * @param values `f64[n, width]`
 * @param columns the number of columns of the file, at least `width`
 */
export const columnsByContent = (values: Float64Array, width: number, columns: number): XyzColumns => {
  const position = [0, 1, 2] as const;
  for (let first = 3; first + 3 <= width; first++) {
    const { unit, other, negative } = judge(values, width, first);
    const loose = columns === 6 && other > 0 && negative;
    if (!(unit > 0 && other === 0) && !loose) continue;
    const normal = [first, first + 1, first + 2] as const;
    const notes = loose ? ['columns 4 to 6 used as normals, although not all have length 1'] : [];
    if (columns > 6)
      notes.push(
        `${span(first, first + 2)} used as normals because of their length; the other columns after z ignored`,
      );
    return { position, normal, notes };
  }
  const notes =
    columns > 3 ? [`${span(3, columns - 1)} ignored: treated as intensities, colours or similar, not as normals`] : [];
  return { position, notes };
};
