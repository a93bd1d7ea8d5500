/** @file Typed checks of JSON from files. An error names the field, what was wanted and what was found. */
import { InputError } from '../errors.ts';

/** A JSON object whose fields have not been checked. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The maximum length of a value in an error. */
const SHOWN = 60;
/**
 * The maximum nesting depth of objects and arrays. Descriptions that this program writes have 3 levels at most.
 */
const MAX_DEPTH = 16;

/** Formats a value for an error. */
export const show = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
};

/** The error for a field with an invalid value; an empty name stands for the whole. */
export const wrong = (what: string, wanted: string, value: unknown): InputError =>
  new InputError({ what, wanted, got: show(value) });

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws InputError unless the value is an object */
export const asRecord = (what: string, value: unknown): JsonRecord => {
  if (!isRecord(value)) throw wrong(what, 'an object', value);
  return value;
};

/** Whether a JSON value is nested at most this deep. Does not recurse. */
const isShallow = (value: unknown): boolean => {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap(inner => (typeof inner === 'object' && inner !== null ? Object.values(inner) : []));
    if (level.length === 0) return true;
  }
  return false;
};

/**
 * Parses a JSON object, without a prototype: a field named `constructor` exists only if the text has it.
 */
export const parseRecord = (text: string): JsonRecord => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError({ wanted: 'JSON', got: show(text) }, { cause });
  }
  if (!isShallow(value)) throw new InputError({ problem: `it is nested more than ${MAX_DEPTH} levels deep` });
  return Object.assign(Object.create(null) as object, asRecord('', value));
};

/** @throws InputError unless the value is an integer from `minimum` to `maximum` */
export const integerIn = (what: string, value: unknown, minimum: number, maximum: number): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum || value > maximum)
    throw wrong(what, `an integer from ${minimum} to ${maximum}`, value);
  return value;
};

/** @throws InputError unless the value is a list of `length` values */
export const listOf = (what: string, value: unknown, length: number): readonly unknown[] => {
  if (!Array.isArray(value) || value.length !== length) throw wrong(what, `a list of length ${length}`, value);
  return value;
};

/** @throws InputError unless the value is one of the names */
export const oneOf = <T extends string>(what: string, value: unknown, names: readonly T[]): T => {
  const name = names.find(candidate => candidate === value);
  if (name === undefined) throw wrong(what, `one of ${names.join(', ')}`, value);
  return name;
};

/** A field that may be absent; `null` is not absent. */
export const optional = <T>(what: string, value: unknown, read: (what: string, value: unknown) => T): T | undefined =>
  value === undefined ? undefined : read(what, value);

/** @throws InputError unless the value is an object of strings */
export const stringsIn = (what: string, value: unknown): Readonly<Record<string, string>> => {
  const record = asRecord(what, value);
  for (const [name, text] of Object.entries(record))
    if (typeof text !== 'string') throw wrong(`${what}.${name}`, 'text', text);
  return record as Readonly<Record<string, string>>;
};
