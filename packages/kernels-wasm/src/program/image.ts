/**
 * @file The memory of a program: records whose fields are named as in `assembly/`, and the numbers that they point at.
 */
import { records } from '../generated/records.ts';

type Records = typeof records;

/** The name of a record. */
export type RecordName = keyof Records;

/** The name of a field of a record. */
export type FieldName<R extends RecordName> = keyof Records[R]['fields'] & string;

/**
 * A part of a program's memory: what is the same at every step, what a step works out of the parameters, and the
 * parameters themselves.
 */
type Region = 'image' | 'room' | 'parameters';

/**
 * A place in a program's memory, in bytes from the start of a region; an address once it is known where the program
 * lies.
 */
export interface Place {
  readonly region: Region;
  readonly offset: number;
}

/** The values of all fields of a record. */
export type RecordValues<R extends RecordName> = { readonly [Field in FieldName<R>]: number | Place };

/** Where a field stands in a record, in words of four bytes. @throws Error when the record has no such field */
export const wordOf = <R extends RecordName>(record: R, field: FieldName<R>): number => {
  const found = (records[record].fields as Readonly<Record<string, { readonly offset: number }>>)[field];
  if (found === undefined) throw new Error(`simd: the record ${record} has no field '${field}'`);
  return found.offset / 4;
};

/** A cache line, which a vector of 16 numbers fills. */
const ALIGNMENT = 64;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Where `bytes` more are, `offset` bytes further. */
export const further = ({ region, offset }: Place, bytes: number): Place => ({ region, offset: offset + bytes });

/** Which words of an image are addresses: of places in the image and its room, and of parameters. */
interface Addresses {
  readonly own: Int32Array;
  readonly parameters: Int32Array;
}

/** A program's memory as it is copied to where a step finds room for it. */
export class ProgramMemory {
  /** Bytes of all regions. */
  readonly bytes: number;
  /** Where the parameters begin, in bytes. */
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
   * The words of the image, for a program that lies at `base`.
   *
   * @param parameters the address of the parameters; behind the image and its room if absent
   */
  at(base: number, parameters: number = base + this.parameters): Int32Array {
    const move = (addresses: Int32Array, shift: number): void => {
      if (shift !== 0) for (const word of addresses) this.#words[word] = (this.#words[word] as number) + shift;
    };
    move(this.#addresses.own, base - this.#base);
    move(this.#addresses.parameters, parameters - this.#parameters);
    this.#base = base;
    this.#parameters = parameters;
    return this.#words;
  }
}

/** Writes the records of a program, once. */
export class Image {
  #integers = new Int32Array(1024);
  #floats = new Float32Array(this.#integers.buffer);
  #size = 0;
  #room = 0;
  readonly #addresses: { readonly word: number; readonly place: Place }[] = [];

  #take(bytes: number): Place {
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

  #writeWord(offset: number, value: number | Place, isFloat = false): void {
    if (typeof value !== 'number') this.#addresses.push({ word: offset / 4, place: value });
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

  /** One record. */
  record<R extends RecordName>(record: R, values: RecordValues<R>): Place {
    return this.list(record, [values]);
  }

  /** Records one behind the other. */
  list<R extends RecordName>(record: R, all: readonly RecordValues<R>[]): Place {
    const { bytes } = records[record];
    const place = this.#take(Math.max(1, all.length) * bytes);
    for (const [index, values] of all.entries()) this.#writeRecord(record, place.offset + index * bytes, values);
    return place;
  }

  /** Integers or addresses, one behind the other. */
  integers(values: readonly (number | Place)[]): Place {
    const place = this.#take(4 * Math.max(1, values.length));
    for (const [index, value] of values.entries()) this.#writeWord(place.offset + 4 * index, value);
    return place;
  }

  floats(values: ArrayLike<number>): Place {
    const place = this.#take(4 * Math.max(1, values.length));
    this.#floats.set(values, place.offset / 4);
    return place;
  }

  /** Room that a step fills. What nobody writes there is 0, once the step has cleared it. */
  room(bytes: number): Place {
    const offset = this.#room;
    this.#room = offset + aligned(bytes);
    return { region: 'room', offset };
  }

  /** @param parameterCount how many numbers the parameters are */
  finish(parameterCount: number): ProgramMemory {
    const starts = { image: 0, room: this.#size, parameters: this.#size + this.#room };
    const words = this.#integers.slice(0, this.#size / 4);
    for (const { word, place } of this.#addresses) words[word] = starts[place.region] + place.offset;
    const wordsOf = (isParameter: boolean): Int32Array =>
      Int32Array.from(
        this.#addresses.filter(({ place }) => (place.region === 'parameters') === isParameter).map(({ word }) => word),
      );
    return new ProgramMemory(
      words,
      { own: wordsOf(false), parameters: wordsOf(true) },
      { bytes: starts.parameters + 4 * parameterCount, parameters: starts.parameters },
    );
  }
}
