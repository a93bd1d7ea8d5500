import { createNumberList, doubles } from '../bytes/number-list.ts';
import { quote } from '../bytes/quote.ts';
import { ShapeError } from '../shape-error.ts';
import { parseNumber } from '../text/parse-number.ts';
import { createRow, type Separator, separatorOf, splitRow, type TableRow } from '../text/table-row.ts';
import { createCursor, isLineEnd, nextLine } from '../text/text-cursor.ts';
import type { FileShape } from './file-shape.ts';
import { columnsByContent, columnsByName, type XyzColumns } from './xyz-columns.ts';

/** The number of columns that are read if no names identify them. */
const KEPT = 12;

const wordsOf = (bytes: Uint8Array, { bounds, count }: TableRow): string[] =>
  Array.from({ length: count }, (_, i) =>
    String.fromCharCode(...bytes.subarray(bounds[2 * i]!, Math.min(bounds[2 * i]! + 32, bounds[2 * i + 1]!))),
  );

const numberAt = (bytes: Uint8Array, { bounds }: TableRow, column: number): number | undefined =>
  parseNumber(bytes, bounds[2 * column]!, bounds[2 * column + 1]!);

/** Whether a column is a word that does not begin like a number: a name, and not a mistyped number. */
const isName = (bytes: Uint8Array, row: TableRow, column: number): boolean =>
  numberAt(bytes, row, column) === undefined &&
  !/[-+.\d]/.test(String.fromCharCode(bytes[row.bounds[2 * column]!] ?? 0x30));

const isComment = (bytes: Uint8Array, from: number): boolean =>
  bytes[from] === 0x23 || (bytes[from] === 0x2f && bytes[from + 1] === 0x2f);

/** The layout of a table, known after its first row. */
interface Layout {
  readonly columns: number;
  readonly separator: Separator;
  /** The columns according to names in the file. */
  readonly named: XyzColumns | undefined;
  /** The columns that are read, in this order. */
  readonly kept: readonly number[];
}

/** The values of a table, row by row. */
interface Table extends Layout {
  readonly values: Float64Array;
  readonly notes: readonly string[];
}

const readTable = (bytes: Uint8Array): Table => {
  const [cursor, row, values] = [createCursor(bytes), createRow(), createNumberList(doubles)];
  let [layout, declared, header, comment]: [Layout | undefined, number | undefined, string[] | undefined, string[]] = [
    undefined,
    undefined,
    undefined,
    [],
  ];
  const begin = (): Layout => {
    const columns = row.count;
    if (columns < 3)
      throw new ShapeError(
        'unsupported',
        undefined,
        `XYZ lines must have at least 3 numbers, got ${columns} in line ${cursor.line}`,
      );
    const title = header ?? comment;
    const named = title.length === columns ? columnsByName(title) : undefined;
    const kept = named
      ? [...named.position, ...(named.normal ?? [])]
      : Array.from({ length: Math.min(columns, KEPT) }, (_, i) => i);
    return { columns, separator, named, kept };
  };
  let separator: Separator = 'blank';
  do {
    const from = cursor.at;
    let to = from;
    while (to < bytes.length && !isLineEnd(bytes[to])) to++;
    cursor.at = to;
    let first = from;
    while (first < to && bytes[first]! <= 0x20) first++;
    if (first === to) continue;
    if (isComment(bytes, first)) {
      if (layout) continue;
      while (bytes[first] === 0x23 || bytes[first] === 0x2f) first++;
      splitRow(bytes, first, Math.min(to, first + 4096), separatorOf(bytes, first, to), row);
      comment = wordsOf(bytes, row);
      continue;
    }
    if (!layout) separator = separatorOf(bytes, first, to);
    splitRow(bytes, first, to, separator, row);
    if (!layout) {
      const value = numberAt(bytes, row, 0);
      if (
        row.count === 1 &&
        declared === undefined &&
        value !== undefined &&
        Number.isSafeInteger(value) &&
        value >= 0
      ) {
        declared = value;
        continue;
      }
      if (header === undefined && row.count >= 3 && [0, 1, 2].every(column => isName(bytes, row, column))) {
        header = wordsOf(bytes, row);
        continue;
      }
      layout = begin();
    }
    if (row.count !== layout.columns)
      throw new ShapeError(
        'damaged',
        undefined,
        `XYZ lines must have as many columns as the first, ${layout.columns}, got ${row.count} in line ${cursor.line}`,
      );
    for (const [i, column] of layout.kept.entries()) {
      const value = numberAt(bytes, row, column);
      if (value === undefined && i < 3) {
        const word = bytes.subarray(row.bounds[2 * column]!, row.bounds[2 * column + 1]!);
        throw new ShapeError('damaged', 'XYZ', `wanted a number, got ${quote(word)} in line ${cursor.line}`);
      }
      values.push(value ?? Number.NaN);
    }
  } while (nextLine(cursor));
  if (!layout) throw new ShapeError('no-points', undefined, 'an XYZ file must have points, got none');
  const count = values.length / layout.kept.length;
  if (declared !== undefined && declared !== count)
    throw new ShapeError(
      declared > count ? 'truncated' : 'damaged',
      'XYZ',
      `the first line says ${declared} points, got ${count}`,
    );
  const unread =
    header && !layout.named
      ? ['the names of the columns are not recognised: the first three are used as x, y and z']
      : [];
  return { ...layout, values: values.view(), notes: unread };
};

/**
 * Decodes a table of points with columns separated by blanks, commas or semicolons: x, y and z, optionally a normal and
 * others. A first line with a single number is a count; lines that begin with # or // are comments; a line of names,
 * which may be a comment, identifies the columns.
 *
 * @throws ShapeError
 */
export const decodeXyz = (bytes: Uint8Array): FileShape => {
  const { values, kept, columns, named, notes } = readTable(bytes);
  const width = kept.length;
  const chosen = named ?? columnsByContent(values, width, columns);
  const places = (wanted: readonly number[]): readonly number[] => wanted.map(column => kept.indexOf(column));
  const count = values.length / width;
  const [at, normalAt] = [places(chosen.position), chosen.normal && places(chosen.normal)];
  const positions = new Float64Array(3 * count);
  const normals = normalAt && new Float32Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < 3; k++) {
      positions[3 * i + k] = values[width * i + at[k]!]!;
      if (normals) normals[3 * i + k] = values[width * i + normalAt[k]!]!;
    }
  return {
    positions,
    ...(normals && { normals }),
    weld: false,
    precision: 'float64',
    notes: [...notes, ...chosen.notes],
  };
};
