/** @file Reads the entropy-coded data of a JPEG scan bit by bit: ITU-T T.81, annexes C and F. */

/** A Huffman table: the codes of each length are consecutive numbers. */
export interface HuffmanTable {
  /** Indexed by the next 8 bits: length * 256 + symbol of the code that they begin with, or 0 if it is longer. */
  readonly short: Uint16Array;
  /** Indexed by length: the largest code, left-aligned in 16 bits, plus one; 0 without a code. */
  readonly limit: Int32Array;
  /** Indexed by length: the offset from a code to its index among the symbols. */
  readonly shift: Int32Array;
  readonly symbols: Uint8Array;
}

/** Makes a table from the number of codes of each length and the symbols; `undefined` if there are too many codes. */
export const huffmanTable = (counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined => {
  const short = new Uint16Array(256);
  const [limit, shift] = [new Int32Array(17), new Int32Array(17)];
  let code = 0;
  let place = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] as number;
    shift[length] = place - code;
    if (length <= 8)
      for (let i = 0; i < count; i++) {
        const first = (code + i) << (8 - length);
        short.fill(length * 256 + (symbols[place + i] as number), first, first + (1 << (8 - length)));
      }
    code += count;
    place += count;
    if (code > 1 << length) return undefined;
    if (count > 0) limit[length] = code << (16 - length);
    code *= 2;
  }
  return { short, limit, shift, symbols };
};

/** Reads bits up to the next marker; beyond it bits are 0 and `overrun` is true. */
export class JpegBits {
  private readonly bytes: Uint8Array;
  /** The position of the next byte. */
  at: number;
  private bits = 0;
  private count = 0;
  private zeros = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Whether more bits have been read than available. */
  get overrun(): boolean {
    return this.count < this.zeros;
  }

  private fill(): void {
    while (this.count <= 16) {
      const byte = this.bytes[this.at] ?? 0xff;
      let value = 0;
      if (byte !== 0xff) {
        value = byte;
        this.at++;
      } else if (this.bytes[this.at + 1] === 0 && this.at + 1 < this.bytes.length) {
        value = 0xff;
        this.at += 2;
      } else this.zeros += 8;
      this.bits = ((this.bits << 8) | value) & 0xffffff;
      this.count += 8;
    }
  }

  /** The next bits as a number; at most 16. */
  read(length: number): number {
    if (length === 0) return 0;
    if (this.count < length) this.fill();
    this.count -= length;
    return (this.bits >> this.count) & ((1 << length) - 1);
  }

  /** The next symbol; -1 for an invalid code. */
  symbol({ short, limit, shift, symbols }: HuffmanTable): number {
    if (this.count < 16) this.fill();
    const next = (this.bits >> (this.count - 16)) & 0xffff;
    const found = short[next >> 8] as number;
    if (found !== 0) {
      this.count -= found >> 8;
      return found & 255;
    }
    for (let length = 9; length <= 16; length++)
      if (next < (limit[length] as number)) {
        this.count -= length;
        return symbols[(next >> (16 - length)) + (shift[length] as number)] as number;
      }
    return -1;
  }

  /** Continues after the restart marker with a number from 0 to 7; false if there is another byte. */
  restart(number: number): boolean {
    this.count = 0;
    this.zeros = 0;
    while (this.bytes[this.at] === 0xff && this.bytes[this.at + 1] === 0xff) this.at++;
    if (this.bytes[this.at] !== 0xff || this.bytes[this.at + 1] !== 0xd0 + number) return false;
    this.at += 2;
    return true;
  }
}
