import { records } from '../generated/records.ts';
import type { Arena } from './memory.ts';

type Records = typeof records;

/** The values of all fields of a record of `assembly/`. */
export type FieldValues<R extends keyof Records> = { readonly [Field in keyof Records[R]['fields']]: number };

/** Size of a record in bytes. */
export const recordBytes = (record: keyof Records): number => records[record].bytes;

/** Writes a record, with the field offsets of the compiler. */
export const writeRecord = <R extends keyof Records>(
  arena: Arena,
  record: R,
  address: number,
  values: FieldValues<R>,
): void => {
  const fields: Readonly<Record<string, { readonly offset: number; readonly type: string }>> = records[record].fields;
  for (const [name, value] of Object.entries<number>(values)) {
    const field = fields[name];
    if (field === undefined) throw new Error(`simd: the record ${record} has no field '${name}'`);
    const view =
      field.type === 'f32' ? arena.floats(address + field.offset, 1) : arena.integers(address + field.offset, 1);
    view[0] = value;
  }
};
