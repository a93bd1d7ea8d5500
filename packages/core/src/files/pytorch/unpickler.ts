/**
 * @file A reader of Python's pickle format that executes no code. Of the pickle machine it implements the instructions
 *   that build numbers, strings, lists, tuples, sets and dictionaries. Everything else that a pickle does in Python
 *   (look up a global, call it) goes to a host, which substitutes values for the few names that it knows and rejects
 *   all others.
 *
 * Reference: the comments of CPython's `Lib/pickletools.py`; PEP 307 (protocol 2), PEP 3154 (4), PEP 574 (5).
 */
import { FieldFileError } from '../field-file-error.ts';

/** A dictionary. The map is created on demand: most dictionaries stay empty, and hostile pickles create millions. */
export class PickleDict {
  entries: Map<PickleValue, PickleValue> | undefined;

  set(key: PickleValue, value: PickleValue): void {
    this.entries ??= new Map();
    this.entries.set(key, value);
  }
}

/** A value created by the host. */
export abstract class HostValue {
  abstract readonly what: string;
}

/** The values of a pickle. Lists, tuples and sets are arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | HostValue;

/** Replaces Python. */
export interface PickleHost {
  /** The value of a global. @throws FieldFileError for a name that is not known */
  global(module: string, name: string, use: GlobalUse): PickleValue;
  /** The result of calling a value with arguments. @throws FieldFileError for a value that cannot be called */
  call(callable: PickleValue, args: readonly PickleValue[]): PickleValue;
  /** Sets the state of an object. */
  build(object: PickleValue, state: PickleValue): void;
  /** The value of a persistent id. */
  persistent(id: PickleValue): PickleValue;
}

/** How a global is used: to make an object of it, or otherwise. */
export type GlobalUse = 'object' | 'other';

const damaged = (what: string): FieldFileError => new FieldFileError('damaged-archive', `the pickle ${what}`);

/** The maximum length of names of modules and globals. */
const MAX_LINE = 1000;
/** The maximum size of integers: those in checkpoints have 8 bytes. */
const MAX_INTEGER_BYTES = 64;
const HIGHEST_PROTOCOL = 5;

const decoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the bytes of a pickle in sequence. */
class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Skips `count` bytes, and returns their start. */
  skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw damaged('ends early');
    this.at += count;
    return start;
  }

  u8(): number {
    return this.view.getUint8(this.skip(1));
  }
  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }
  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }
  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }
  u64(): number {
    const value = this.view.getBigUint64(this.skip(8), true);
    return value > BigInt(this.bytes.length) ? Number.POSITIVE_INFINITY : Number(value);
  }
  f64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }
  raw(count: number): Uint8Array {
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }
  text(count: number): string {
    const raw = this.raw(count);
    try {
      return decoder.decode(raw);
    } catch {
      throw damaged('has text that is not UTF-8');
    }
  }
  latin1(count: number): string {
    return Array.from(this.raw(count), byte => String.fromCharCode(byte)).join('');
  }
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + MAX_LINE).indexOf(0x0a);
    if (end < 0) throw damaged('has a name that does not end');
    const text = this.text(end);
    this.at++;
    return text;
  }
  /** A two's complement integer, little-endian. */
  integer(count: number): number | bigint {
    if (count > MAX_INTEGER_BYTES) throw damaged(`has an integer of ${count} bytes`);
    const raw = this.raw(count);
    let value = 0n;
    for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i] as number);
    value = BigInt.asIntN(8 * count, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
}

/** The pickle machine: a stack with marks, and a memo of values that are used again. */
class Machine {
  readonly stack: PickleValue[] = [];
  readonly marks: number[] = [];
  readonly memo = new Map<number, PickleValue>();
  readonly maxValues: number;
  made = 0;

  constructor(maxValues: number) {
    this.maxValues = maxValues;
  }

  /** Pushes a newly allocated value that counts as `count` values. */
  make(value: PickleValue, count = 1): void {
    this.made += count;
    if (this.made > this.maxValues)
      throw new FieldFileError(
        'too-large',
        `the pickle makes more than ${this.maxValues} values; the option maxValues allows more`,
      );
    this.stack.push(value);
  }

  pop(): PickleValue {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw damaged('takes more values than it made');
    return this.stack.pop() as PickleValue;
  }

  top(): PickleValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** Removes the last mark and the values above it, and returns them. */
  popMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw damaged('goes back to a mark that it did not make');
    return this.stack.splice(mark);
  }

  /** The list or tuple on top. */
  list(): PickleValue[] {
    const value = this.top();
    if (!Array.isArray(value)) throw damaged('adds to a value that is not a list');
    return value;
  }

  dict(): PickleDict {
    const value = this.top();
    if (!(value instanceof PickleDict)) throw damaged('sets items of a value that is not a dictionary');
    return value;
  }

  setItems(dict: PickleDict, items: readonly PickleValue[]): void {
    if (items.length % 2 !== 0) throw damaged('has a key without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] as PickleValue, items[i + 1] as PickleValue);
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw damaged(`recalls value ${index}, which it did not store`);
    this.stack.push(value);
  }

  tuple(length: number): void {
    if (this.stack.length - (this.marks.at(-1) ?? 0) < length) throw damaged('takes more values than it made');
    this.make(this.stack.splice(this.stack.length - length));
  }
}

type Instruction = (machine: Machine, reader: Reader, host: PickleHost) => void;

/** Whether the next instructions make an object of the last global, as in pickles of whole objects. */
const useOf = ({ bytes, at }: Reader): GlobalUse => {
  const putLength = { 113: 2, 114: 5, 148: 1 }[bytes[at] ?? 0] ?? 0; // BINPUT, LONG_BINPUT, MEMOIZE
  const [first, second] = [bytes[at + putLength], bytes[at + putLength + 1]];
  return first === 0x29 && second === 0x81 ? 'object' : 'other'; // EMPTY_TUPLE, NEWOBJ
};

const call = (machine: Machine, host: PickleHost): void => {
  const args = machine.pop();
  const callable = machine.pop();
  if (!Array.isArray(args)) throw damaged('calls something with no arguments at all');
  machine.make(host.call(callable, args), 1 + args.length);
};

const code = (character: string): number => character.charCodeAt(0);

const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [
    0x80, // PROTO
    (_, reader) => {
      const protocol = reader.u8();
      if (protocol > HIGHEST_PROTOCOL)
        throw damaged(`has protocol ${protocol}, but at most ${HIGHEST_PROTOCOL} is supported`);
    },
  ],
  [0x95, (_, reader) => void reader.skip(8)], // FRAME: not needed
  [code('('), machine => void machine.marks.push(machine.stack.length)],
  [code('0'), machine => void machine.pop()],
  [code('1'), machine => void machine.popMark()],
  [code('2'), machine => machine.stack.push(machine.top())],
  [code('N'), machine => machine.stack.push(null)],
  [0x88, machine => machine.stack.push(true)],
  [0x89, machine => machine.stack.push(false)],
  [code('J'), (machine, reader) => machine.stack.push(reader.i32())],
  [code('K'), (machine, reader) => machine.stack.push(reader.u8())],
  [code('M'), (machine, reader) => machine.stack.push(reader.u16())],
  [0x8a, (machine, reader) => machine.make(reader.integer(reader.u8()))], // LONG1
  [0x8b, (machine, reader) => machine.make(reader.integer(reader.u32()))], // LONG4
  [code('G'), (machine, reader) => machine.make(reader.f64())],
  [code('X'), (machine, reader) => machine.make(reader.text(reader.u32()))],
  [0x8c, (machine, reader) => machine.make(reader.text(reader.u8()))], // SHORT_BINUNICODE
  [0x8d, (machine, reader) => machine.make(reader.text(reader.u64()))], // BINUNICODE8
  [code('U'), (machine, reader) => machine.make(reader.latin1(reader.u8()))], // the text of Python 2
  [code('T'), (machine, reader) => machine.make(reader.latin1(reader.u32()))],
  [code('B'), (machine, reader) => machine.make(reader.raw(reader.u32()))],
  [code('C'), (machine, reader) => machine.make(reader.raw(reader.u8()))],
  [0x8e, (machine, reader) => machine.make(reader.raw(reader.u64()))], // BINBYTES8
  [0x96, (machine, reader) => machine.make(reader.raw(reader.u64()))], // BYTEARRAY8
  [code(']'), machine => machine.make([])],
  [code('l'), machine => machine.make(machine.popMark())],
  [
    code('a'),
    machine => {
      const item = machine.pop();
      machine.list().push(item);
    },
  ],
  ...[code('e'), 0x90].map((opcode): [number, Instruction] => [
    opcode, // APPENDS, ADDITEMS
    machine => {
      const items = machine.popMark();
      const list = machine.list();
      for (const item of items) list.push(item);
    },
  ]),
  [code(')'), machine => machine.make([])],
  [code('t'), machine => machine.make(machine.popMark())],
  [0x85, machine => machine.tuple(1)],
  [0x86, machine => machine.tuple(2)],
  [0x87, machine => machine.tuple(3)],
  [code('}'), machine => machine.make(new PickleDict())],
  [
    code('d'),
    machine => {
      const items = machine.popMark();
      const dict = new PickleDict();
      machine.make(dict);
      machine.setItems(dict, items);
    },
  ],
  [
    code('s'),
    machine => {
      const value = machine.pop();
      const key = machine.pop();
      machine.dict().set(key, value);
    },
  ],
  [
    code('u'),
    machine => {
      const items = machine.popMark();
      machine.setItems(machine.dict(), items);
    },
  ],
  [0x8f, machine => machine.make([])], // EMPTY_SET
  [0x91, machine => machine.make(machine.popMark())], // FROZENSET
  [code('q'), (machine, reader) => machine.remember(reader.u8())],
  [code('r'), (machine, reader) => machine.remember(reader.u32())],
  [0x94, machine => machine.remember(machine.memo.size)], // MEMOIZE
  [code('h'), (machine, reader) => machine.recall(reader.u8())],
  [code('j'), (machine, reader) => machine.recall(reader.u32())],
  [
    code('c'),
    (machine, reader, host) => {
      const module = reader.line();
      const name = reader.line();
      machine.make(host.global(module, name, useOf(reader)));
    },
  ],
  [
    0x93, // STACK_GLOBAL
    (machine, reader, host) => {
      const name = machine.pop();
      const module = machine.pop();
      if (typeof module !== 'string' || typeof name !== 'string') throw damaged('asks for a global without a name');
      machine.make(host.global(module, name, useOf(reader)));
    },
  ],
  [code('R'), (machine, _, host) => call(machine, host)],
  [0x81, (machine, _, host) => call(machine, host)], // NEWOBJ
  [
    0x92, // NEWOBJ_EX
    (machine, _, host) => {
      const keywords = machine.pop();
      if (!(keywords instanceof PickleDict) || keywords.entries !== undefined)
        throw damaged('makes an object by keywords');
      call(machine, host);
    },
  ],
  [
    code('b'),
    (machine, _, host) => {
      const state = machine.pop();
      host.build(machine.top(), state);
    },
  ],
  [code('Q'), (machine, _, host) => machine.make(host.persistent(machine.pop()))],
]);

const STOP = code('.');

/**
 * The value that a pickle builds. Time is linear in its length; memory is at most 100 bytes for each of its bytes, and
 * bounded by `maxValues`.
 *
 * @param maxValues the maximum number of strings, lists, dictionaries and objects
 * @throws FieldFileError `damaged-archive`, `too-large`, or what the host throws
 */
export const unpickle = (bytes: Uint8Array, host: PickleHost, maxValues: number): PickleValue => {
  const reader = new Reader(bytes);
  const machine = new Machine(maxValues);
  for (let opcode = reader.u8(); opcode !== STOP; opcode = reader.u8()) {
    const instruction = instructions.get(opcode);
    if (instruction === undefined)
      throw new FieldFileError(
        'refused-pickle',
        `the pickle has the instruction 0x${opcode.toString(16).padStart(2, '0')} at byte ${reader.at - 1}, which torch.save does not write`,
      );
    instruction(machine, reader, host);
  }
  return machine.pop();
};
