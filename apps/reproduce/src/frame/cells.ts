/** @file Findings as text: the cells of tables, for the terminal and for the report. */
import { type Check, type Table, type Verdict, verdictOf } from './findings.ts';

/** A table of text; the first column is the rows' names. */
export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A number with the given number of digits after the decimal point. */
export const formatNumber = (value: number, digits: number | 'exponent'): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinite' : '-infinite';
  return digits === 'exponent' ? value.toExponential(2) : value.toFixed(digits);
};

/** Formats all values of a check alike: with two decimals, or with exponents if one of them is too small for that. */
const formatChecked = (
  value: number | undefined,
  { obtained, published, measured, atLeast, atMost }: Check,
): string => {
  if (value === undefined) return '';
  const all = [obtained, published, measured, atLeast, atMost];
  const small = all.some(number => number !== undefined && number !== 0 && Math.abs(number) < 0.01);
  return formatNumber(value, small ? 'exponent' : 2);
};

/** A table of findings as text. */
export const tableCells = ({ corner, columns, rows, digits = 2 }: Table): TextTable => ({
  header: [corner, ...columns],
  rows: rows.map(({ name, cells }) => [
    name,
    ...cells.map(cell => (cell === undefined ? '' : typeof cell === 'string' ? cell : formatNumber(cell, digits))),
  ]),
});

const words: Readonly<Record<Verdict, string>> = { met: 'as expected', missed: 'MISSED', shown: '' };

const bounds = (check: Check): string => {
  const { atLeast, atMost } = check;
  if (atLeast !== undefined && atMost !== undefined)
    return `${formatChecked(atLeast, check)} to ${formatChecked(atMost, check)}`;
  if (atLeast !== undefined) return `>= ${formatChecked(atLeast, check)}`;
  return atMost === undefined ? '' : `<= ${formatChecked(atMost, check)}`;
};

/** Expected and obtained values as a table. Empty columns are left out. */
export const checkCells = (checks: readonly Check[]): TextTable => {
  const columns: readonly (readonly [string, (check: Check) => string])[] = [
    ['number', ({ what, unit }) => (unit === '' ? what : `${what} (${unit})`)],
    ['paper', check => formatChecked(check.published, check)],
    ['reference', check => formatChecked(check.measured, check)],
    ['expected', bounds],
    ['obtained', check => formatChecked(check.obtained, check)],
    ['', check => words[verdictOf(check)]],
  ];
  const used = columns.filter(
    ([name, cell]) => name === 'number' || name === 'obtained' || checks.some(check => cell(check) !== ''),
  );
  return { header: used.map(([name]) => name), rows: checks.map(check => used.map(([, cell]) => cell(check))) };
};

/** The reasons for the checks' bounds, without duplicates. */
export const reasonsOf = (checks: readonly Check[]): readonly string[] => [
  ...new Set(checks.flatMap(({ what, because }) => (because === undefined ? [] : [`${what}: ${because}`]))),
];

/** A table as lines of text: the first column left-aligned, the others right-aligned, or all left-aligned. */
export const tableLines = ({ header, rows }: TextTable, others: 'left' | 'right' = 'right'): readonly string[] => {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)));
  return all.map(row =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return column === 0 || others === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
};
