import { expect, test } from 'vitest';
import { createRow, MAX_COLUMNS, separatorOf, splitRow } from '../../src/text/table-row.ts';

const columns = (text: string): string[] => {
  const bytes = new TextEncoder().encode(`before${text}behind`);
  const [from, to, row] = [6, bytes.length - 6, createRow()];
  splitRow(bytes, from, to, separatorOf(bytes, from, to), row);
  return Array.from({ length: row.count }, (_, i) =>
    new TextDecoder().decode(bytes.subarray(row.bounds[2 * i], row.bounds[2 * i + 1])),
  );
};

test.each([
  ['', []],
  ['  ', []],
  ['1', ['1']],
  [' 1  2\t3 ', ['1', '2', '3']],
  ['1,2,3', ['1', '2', '3']],
  ['1, 2 ,3', ['1', '2', '3']],
  ['1,,3,', ['1', '', '3', '']],
  [',1', ['', '1']],
  ['1;2,5;a b', ['1', '2,5', 'a b']],
])("'%s'", (text, wanted) => {
  expect(columns(text)).toEqual(wanted);
});

test('finds the first of very many columns', () => {
  expect(columns('1 '.repeat(1000))).toHaveLength(MAX_COLUMNS);
  expect(columns(','.repeat(1000))).toHaveLength(MAX_COLUMNS);
});
