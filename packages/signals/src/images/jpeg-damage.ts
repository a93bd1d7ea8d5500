/**
 * @file Checks whether the coded data of a JPEG file are complete, by decoding their symbols block by block. Decoders
 *   continue when data are missing: browsers do not report it, and libvips does not for the last rows.
 */
import type { Work } from '../work/work.ts';
import { viewOf } from './headers/header.ts';
import { type HuffmanTable, huffmanTable, JpegBits } from './headers/jpeg-bits.ts';
import { isFrame, type JpegSegment, jpegSegments } from './headers/jpeg-segments.ts';

interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  /** Blocks per row and column of the component as stored, padded to whole units (MCUs). */
  readonly stride: number;
  /** Blocks that the image covers. */
  readonly columns: number;
  readonly rows: number;
  /** For a progressive image: one bit per coefficient that is set if it is nonzero so far. */
  readonly nonzero: Uint8Array;
  /** The lowest bit that scans have sent so far, for each coefficient; -1 for none. */
  readonly lowest: Int8Array;
}

interface Frame {
  readonly progressive: boolean;
  readonly components: readonly Component[];
  readonly unitColumns: number;
  readonly unitRows: number;
}

/** A component of a scan with its tables. */
interface ScanPart {
  readonly component: Component;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

interface Scan {
  readonly parts: readonly ScanPart[];
  /**
   * The first and last coefficient, and the successive approximation: the previous lowest bit (0 in a first scan) and
   * the new one. T.81, annex G.
   */
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
}

/** Baseline, extended and progressive frames with Huffman codes; others are not checked. */
const PROGRESSIVE = 0xc2;

/** The maximum number of scans in libvips. */
const MAX_SCANS = 100;

const readFrame = (bytes: Uint8Array, { marker, start, end }: JpegSegment): Frame | undefined => {
  if (marker > PROGRESSIVE || end - start < 6) return undefined;
  const data = viewOf(bytes);
  const [height, width, count] = [data.getUint16(start + 1), data.getUint16(start + 3), bytes[start + 5] as number];
  if (count === 0 || end - start < 6 + 3 * count) return undefined;
  const factors = Array.from({ length: count }, (_, i) => {
    const both = bytes[start + 7 + 3 * i] as number;
    return { id: bytes[start + 6 + 3 * i] as number, h: both >> 4, v: both & 15 };
  });
  if (factors.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) return undefined;
  const [maxH, maxV] = [Math.max(...factors.map(({ h }) => h)), Math.max(...factors.map(({ v }) => v))];
  const [unitColumns, unitRows] = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))];
  const progressive = marker === PROGRESSIVE;
  const components = factors.map(({ id, h, v }): Component => {
    const blocks = unitColumns * h * unitRows * v;
    return {
      id,
      h,
      v,
      stride: unitColumns * h,
      columns: Math.ceil((width * h) / (8 * maxH)),
      rows: Math.ceil((height * v) / (8 * maxV)),
      nonzero: new Uint8Array(progressive ? 8 * blocks : 0),
      lowest: new Int8Array(64).fill(-1),
    };
  });
  return { progressive, components, unitColumns, unitRows };
};

/** Reads the tables of a DHT segment: four each for DC (0 to 3) and AC (4 to 7). */
const readTables = (bytes: Uint8Array, { start, end }: JpegSegment, tables: (HuffmanTable | undefined)[]): void => {
  for (let at = start; at + 17 <= end; ) {
    const which = bytes[at] as number;
    const counts = bytes.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (at + 17 + total > end) return;
    tables[(which & 3) + (which >= 16 ? 4 : 0)] = huffmanTable(counts, bytes.subarray(at + 17, at + 17 + total));
    at += 17 + total;
  }
};

const readScan = (
  bytes: Uint8Array,
  { start, end }: JpegSegment,
  frame: Frame,
  tables: readonly (HuffmanTable | undefined)[],
): Scan | undefined => {
  const count = bytes[start] as number;
  if (end - start < 4 + 2 * count || count < 1 || count > 4) return undefined;
  const parts: ScanPart[] = [];
  for (let i = 0; i < count; i++) {
    const component = frame.components.find(({ id }) => id === bytes[start + 1 + 2 * i]);
    const which = bytes[start + 2 + 2 * i] as number;
    if (!component) return undefined;
    parts.push({ component, dc: tables[(which >> 4) & 3], ac: tables[4 + (which & 3)] });
  }
  const at = start + 1 + 2 * count;
  const [first, last, approximation] = [bytes[at] as number, bytes[at + 1] as number, bytes[at + 2] as number];
  if (!frame.progressive) return { parts, first: 0, last: 63, high: 0, low: 0 };
  if (first > last || last > 63 || (first > 0 && count > 1)) return undefined;
  return { parts, first, last, high: approximation >> 4, low: approximation & 15 };
};

/** Reads blocks of one scan. Each function returns false at an invalid code. */
class BlockReader {
  /**
   * The remaining blocks of an end-of-band run, which have no further coefficients in this scan: T.81, section G.1.2.2.
   */
  endOfBand = 0;
  private readonly bits: JpegBits;
  private readonly scan: Scan;

  constructor(bits: JpegBits, scan: Scan) {
    this.bits = bits;
    this.scan = scan;
  }

  sequential({ dc, ac }: ScanPart): boolean {
    if (!dc || !ac) return false;
    const size = this.bits.symbol(dc);
    if (size < 0 || size > 16) return false;
    this.bits.read(size);
    for (let k = 1; k < 64; k++) {
      const symbol = this.bits.symbol(ac);
      if (symbol < 0) return false;
      const bits = symbol & 15;
      if (bits === 0 && symbol >> 4 !== 15) break;
      k += symbol >> 4;
      this.bits.read(bits);
    }
    return true;
  }

  progressive({ component, dc, ac }: ScanPart, block: number): boolean {
    const { first, high } = this.scan;
    if (first === 0) {
      if (high > 0) {
        this.bits.read(1);
        return true;
      }
      if (!dc) return false;
      const size = this.bits.symbol(dc);
      if (size < 0 || size > 16) return false;
      this.bits.read(size);
      return true;
    }
    if (!ac) return false;
    return high > 0 ? this.refine(component.nonzero, 8 * block, ac) : this.spread(component.nonzero, 8 * block, ac);
  }

  private spread(nonzero: Uint8Array, base: number, ac: HuffmanTable): boolean {
    if (this.endOfBand > 0) {
      this.endOfBand--;
      return true;
    }
    const { first, last } = this.scan;
    for (let k = first; k <= last; k++) {
      const symbol = this.bits.symbol(ac);
      if (symbol < 0) return false;
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        this.endOfBand = (1 << run) + this.bits.read(run) - 1;
        break;
      }
      k += run;
      this.bits.read(size);
      if (size > 0 && k < 64) nonzero[base + (k >> 3)]! |= 1 << (k & 7);
    }
    return true;
  }

  private refine(nonzero: Uint8Array, base: number, ac: HuffmanTable): boolean {
    const { first, last } = this.scan;
    const isNonzero = (k: number): boolean => ((nonzero[base + (k >> 3)]! >> (k & 7)) & 1) === 1;
    let k = first;
    if (this.endOfBand === 0)
      for (; k <= last; k++) {
        const symbol = this.bits.symbol(ac);
        if (symbol < 0) return false;
        let run = symbol >> 4;
        const size = symbol & 15;
        if (size === 0 && run < 15) {
          this.endOfBand = (1 << run) + this.bits.read(run);
          break;
        }
        if (size > 0) this.bits.read(1);
        for (; k <= last; k++) {
          if (isNonzero(k)) this.bits.read(1);
          else if (--run < 0) break;
        }
        if (size > 0 && k <= last) nonzero[base + (k >> 3)]! |= 1 << (k & 7);
      }
    if (this.endOfBand > 0) {
      for (; k <= last; k++) if (isNonzero(k)) this.bits.read(1);
      this.endOfBand--;
    }
    return true;
  }
}

/** Reads a scan; returns what is wrong with it, or `undefined`. */
function* scanDamage(
  bytes: Uint8Array,
  at: number,
  { frame, scan, restartInterval }: { readonly frame: Frame; readonly scan: Scan; readonly restartInterval: number },
): Work<string | undefined> {
  const { parts } = scan;
  const bits = new JpegBits(bytes, at);
  const reader = new BlockReader(bits, scan);
  const [alone] = parts as [ScanPart];
  const interleaved = parts.length > 1;
  // A scan of one component has its blocks in order, without those that pad the units.
  const columns = interleaved ? frame.unitColumns : alone.component.columns;
  const rows = interleaved ? frame.unitRows : alone.component.rows;
  const readBlock = (part: ScanPart, block: number): boolean =>
    frame.progressive ? reader.progressive(part, block) : reader.sequential(part);
  let units = 0;
  for (let row = 0; row < rows; row++) {
    yield Math.min(1, bits.at / bytes.length);
    for (let column = 0; column < columns; column++, units++) {
      if (restartInterval > 0 && units > 0 && units % restartInterval === 0) {
        reader.endOfBand = 0;
        if (!bits.restart((units / restartInterval - 1) % 8))
          return `a restart marker is missing in row ${row} of ${rows}`;
      }
      let good = true;
      if (!interleaved) good = readBlock(alone, row * alone.component.stride + column);
      else
        for (const part of parts) {
          const { h, v, stride } = part.component;
          for (let y = 0; y < v; y++)
            for (let x = 0; x < h; x++) good &&= readBlock(part, (row * v + y) * stride + column * h + x);
        }
      if (bits.overrun) return `its coded data end in row ${row} of ${rows}`;
      if (!good) return `its coded data are damaged in row ${row} of ${rows}`;
    }
  }
  return undefined;
}

/**
 * Describes what is missing or wrong in the coded data of a JPEG file, e.g. `its coded data end in row 31 of 64`, in
 * rows of blocks. `undefined` for a complete file, even with stray bytes between its segments, and for kinds that are
 * not checked (arithmetic coding, lossless).
 *
 * Memory: one bit per coefficient of a progressive file, so at most three per pixel.
 */
export function* jpegDamage(bytes: Uint8Array): Work<string | undefined> {
  const { segments } = jpegSegments(bytes);
  const header = segments.find(({ marker }) => isFrame(marker));
  const frame = header && readFrame(bytes, header);
  if (!frame) return undefined;
  const tables: (HuffmanTable | undefined)[] = [];
  let restartInterval = 0;
  let scans = 0;
  for (const segment of segments) {
    if (segment.marker === 0xc4) readTables(bytes, segment, tables);
    if (segment.marker === 0xdd && segment.end - segment.start >= 2)
      restartInterval = viewOf(bytes).getUint16(segment.start);
    if (segment.marker !== 0xda) continue;
    const scan = readScan(bytes, segment, frame, tables);
    if (!scan) return 'a scan has an invalid header';
    if (++scans > MAX_SCANS) return `it has more than ${MAX_SCANS} scans`;
    for (const { component } of scan.parts) component.lowest.fill(scan.low, scan.first, scan.last + 1);
    const damage = yield* scanDamage(bytes, segment.end, { frame, scan, restartInterval });
    if (damage) return damage;
  }
  const missing = frame.components.findIndex(({ lowest }) => lowest[0] === -1);
  if (missing >= 0) return `channel ${missing + 1} of ${frame.components.length} has no coded data`;
  // Not required by the standard, but every encoder sends each coefficient down to its last bit.
  return frame.progressive && frame.components.some(({ lowest }) => lowest.some(bit => bit !== 0))
    ? 'its last scans are missing'
    : undefined;
}
