/** @file Rows of a text table: columns separated by commas, semicolons or blanks. */

/** The separator of columns: a byte, or any number of blanks. */
export type Separator = 0x2c | 0x3b | 'blank';

/** The columns of a row, as pairs of the positions where each begins and ends. */
export interface TableRow {
  readonly bounds: Uint32Array;
  count: number;
}

/** The maximum number of columns; further ones are ignored. */
export const MAX_COLUMNS = 256;

/** A buffer for the columns of one row. */
export const createRow = (): TableRow => ({ bounds: new Uint32Array(2 * MAX_COLUMNS), count: 0 });

/** The separator of the line `from` ... `to - 1`: semicolons if it has any, else commas, else blanks. */
export const separatorOf = (bytes: Uint8Array, from: number, to: number): Separator => {
  const line = bytes.subarray(from, to);
  return line.includes(0x3b) ? 0x3b : line.includes(0x2c) ? 0x2c : 'blank';
};

/** Finds the columns of the line `from` ... `to - 1`. Between and after commas and semicolons a column may be empty. */
export const splitRow = (bytes: Uint8Array, from: number, to: number, separator: Separator, row: TableRow): void => {
  row.count = 0;
  let at = from;
  let more = false;
  while (row.count < MAX_COLUMNS) {
    while (at < to && bytes[at]! <= 0x20) at++;
    if (at >= to && !more) return;
    const start = at;
    if (separator === 'blank') while (at < to && bytes[at]! > 0x20) at++;
    else while (at < to && bytes[at] !== separator) at++;
    let stop = at;
    while (stop > start && bytes[stop - 1]! <= 0x20) stop--;
    row.bounds[2 * row.count] = start;
    row.bounds[2 * row.count + 1] = stop;
    row.count++;
    // A separator is followed by a column, even at the end of the line.
    more = separator !== 'blank' && at < to;
    if (more) at++;
  }
};
