/**
 * @file The memory image of a program: records with the fields of `assembly/`, and the arrays that they point to.
 */
import { records } from '../generated/records.ts';

type Records = typeof records;

/** The name of a record. */
export type RecordName = keyof Records;

/** The name of a field of a record. */
export type FieldName<R extends RecordName> = keyof Records[R]['fields'] & string;

/**
 * A part of a program's memory: the constant image, the workspace into which a step packs the parameters, and the
 * parameters themselves.
 */
type Region = 'image' | 'workspace' | 'parameters';

/**
 * A location in a program's memory, in bytes from the start of a region. It is resolved to an address when the program
 * is loaded.
 */
export interface Pointer {
  readonly region: Region;
  readonly offset: number;
}

/** The values of all fields of a record. */
export type RecordValues<R extends RecordName> = { readonly [Field in FieldName<R>]: number | Pointer };

/** Offset of a field in a record, in words of four bytes. @throws Error when the record has no such field */
export const wordOf = <R extends RecordName>(record: R, field: FieldName<R>): number => {
  const found = (records[record].fields as Readonly<Record<string, { readonly offset: number }>>)[field];
  if (found === undefined) throw new Error(`simd: the record ${record} has no field '${field}'`);
  return found.offset / 4;
};

/** A cache line, which is also a vector of 16 floats. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The location `bytes` further. */
export const advance = ({ region, offset }: Pointer, bytes: number): Pointer => ({ region, offset: offset + bytes });

/** Which words of an image are addresses: of the image and its workspace, and of parameters. */
interface Addresses {
  readonly own: Int32Array;
  readonly parameters: Int32Array;
}

/** A finished program image, which a step relocates and copies to the memory that it has allocated. */
export class ProgramMemory {
  /** Bytes of all regions. */
  readonly bytes: number;
  /** Offset of the parameters, in bytes. */
  readonly parameters: number;
  readonly #words: Int32Array;
  readonly #addresses: Addresses;
  #base = 0;
  #parameters: number;

  constructor(words: Int32Array, addresses: Addresses, { bytes, parameters }: { bytes: number; parameters: number }) {
    this.#words = words;
    this.#addresses = addresses;
    this.bytes = bytes;
    this.parameters = parameters;
    this.#parameters = parameters;
  }

  /**
   * The words of the image, relocated to the address `base`.
   *
   * @param parameters the address of the parameters; after the image and its workspace if absent
   */
  at(base: number, parameters: number = base + this.parameters): Int32Array {
    const relocate = (addresses: Int32Array, shift: number): void => {
      if (shift !== 0) for (const word of addresses) this.#words[word] = (this.#words[word] as number) + shift;
    };
    relocate(this.#addresses.own, base - this.#base);
    relocate(this.#addresses.parameters, parameters - this.#parameters);
    this.#base = base;
    this.#parameters = parameters;
    return this.#words;
  }
}

/** Builds the image of a program. */
export class Image {
  #integers = new Int32Array(1024);
  #floats = new Float32Array(this.#integers.buffer);
  #size = 0;
  #workspaceBytes = 0;
  readonly #addresses: { readonly word: number; readonly pointer: Pointer }[] = [];

  #take(bytes: number): Pointer {
    const offset = this.#size;
    this.#size = offset + aligned(bytes);
    if (this.#size > this.#integers.byteLength) {
      const larger = new Int32Array(this.#size / 2);
      larger.set(this.#integers);
      this.#integers = larger;
      this.#floats = new Float32Array(larger.buffer);
    }
    return { region: 'image', offset };
  }

  #writeWord(offset: number, value: number | Pointer, isFloat = false): void {
    if (typeof value !== 'number') this.#addresses.push({ word: offset / 4, pointer: value });
    else if (isFloat) this.#floats[offset / 4] = value;
    else this.#integers[offset / 4] = value;
  }

  #writeRecord<R extends RecordName>(record: R, offset: number, values: RecordValues<R>): void {
    const { fields } = records[record];
    for (const [name, field] of Object.entries(fields) as [FieldName<R>, { offset: number; type: string }][]) {
      const value = values[name];
      if (value === undefined) throw new Error(`simd: the record ${record} needs a value of '${name}'`);
      this.#writeWord(offset + field.offset, value, field.type === 'f32');
    }
  }

  /** Writes one record. */
  record<R extends RecordName>(record: R, values: RecordValues<R>): Pointer {
    return this.list(record, [values]);
  }

  /** Writes contiguous records. */
  list<R extends RecordName>(record: R, all: readonly RecordValues<R>[]): Pointer {
    const { bytes } = records[record];
    const pointer = this.#take(Math.max(1, all.length) * bytes);
    for (const [index, values] of all.entries()) this.#writeRecord(record, pointer.offset + index * bytes, values);
    return pointer;
  }

  /** Writes an array of integers or addresses. */
  integers(values: readonly (number | Pointer)[]): Pointer {
    const pointer = this.#take(4 * Math.max(1, values.length));
    for (const [index, value] of values.entries()) this.#writeWord(pointer.offset + 4 * index, value);
    return pointer;
  }

  /** Writes an array of floats. */
  floats(values: ArrayLike<number>): Pointer {
    const pointer = this.#take(4 * Math.max(1, values.length));
    this.#floats.set(values, pointer.offset / 4);
    return pointer;
  }

  /** Reserves workspace that a step fills. */
  reserve(bytes: number): Pointer {
    const offset = this.#workspaceBytes;
    this.#workspaceBytes = offset + aligned(bytes);
    return { region: 'workspace', offset };
  }

  /** @param parameterCount the number of scalar parameters */
  finish(parameterCount: number): ProgramMemory {
    const starts = { image: 0, workspace: this.#size, parameters: this.#size + this.#workspaceBytes };
    const words = this.#integers.slice(0, this.#size / 4);
    for (const { word, pointer } of this.#addresses) words[word] = starts[pointer.region] + pointer.offset;
    const wordsOf = (isParameter: boolean): Int32Array =>
      Int32Array.from(
        this.#addresses
          .filter(({ pointer }) => (pointer.region === 'parameters') === isParameter)
          .map(({ word }) => word),
      );
    return new ProgramMemory(
      words,
      { own: wordsOf(false), parameters: wordsOf(true) },
      { bytes: starts.parameters + 4 * parameterCount, parameters: starts.parameters },
    );
  }
}
