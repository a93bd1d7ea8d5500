import { latin1 } from '../../bytes/describe-bytes.ts';
import { largestAv1Frame } from './av1-sequence.ts';
import { boxesIn, type IsoBox, type ItemPlace, readItemPlaces, readItemTypes } from './boxes.ts';
import { channelsOf, type FoundHeader, fourCharacters, viewOf } from './header.ts';

/** Whether a file has the brand `avif`, or `avis` for a sequence. */
export const isAvif = (bytes: Uint8Array): boolean => {
  if (bytes.length < 12 || fourCharacters(bytes, 4) !== 'ftyp') return false;
  const end = Math.min(viewOf(bytes).getUint32(0), bytes.length, 256);
  for (let at = 8; at + 4 <= end; at += 4) if (['avif', 'avis'].includes(fourCharacters(bytes, at))) return true;
  return false;
};

const find = (boxes: readonly IsoBox[] | undefined, type: string): IsoBox | undefined =>
  boxes?.find(box => box.type === type);

/** The contiguous bytes of an item; extents beyond the file are truncated. */
const itemBytes = (bytes: Uint8Array, { inIdat, extents }: ItemPlace, idat: IsoBox | undefined): Uint8Array => {
  const [from, to] = inIdat ? [idat?.start ?? 0, idat?.end ?? 0] : [0, bytes.length];
  const pieces = extents.map(({ offset, length }) =>
    bytes.subarray(Math.min(to, from + offset), Math.min(to, from + offset + (length || to))),
  );
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

/** The canvas and the number of tiles of a `grid` item: ISO/IEC 23008-12, section 6.6.2.3. */
const readGrid = (item: Uint8Array): { readonly pixels: number; readonly tiles: number } => {
  if (item.length < 8) return { pixels: 0, tiles: 0 };
  const data = viewOf(item);
  const wide = ((item[1] as number) & 1) === 1;
  if (wide && item.length < 12) return { pixels: 0, tiles: 0 };
  const [width, height] = wide ? [data.getUint32(4), data.getUint32(8)] : [data.getUint16(4), data.getUint16(6)];
  return { pixels: width * height, tiles: ((item[2] as number) + 1) * ((item[3] as number) + 1) };
};

/** What the coded streams declare, as opposed to the properties beside them. */
interface Coded {
  /** The number of pixels of the largest frame. */
  readonly frame: number;
  /** The number of pixels of a grid's canvas, and its number of tiles; 0 without a grid. */
  readonly grid: { readonly pixels: number; readonly tiles: number };
}

/**
 * Reads the coded streams. `undefined` if items overlap so much that reading them would cost more than a few times the
 * file size.
 */
const readCoded = (bytes: Uint8Array, children: readonly IsoBox[]): Coded | undefined => {
  const [locations, infos] = [find(children, 'iloc'), find(children, 'iinf')];
  const types = infos ? readItemTypes(bytes, infos) : new Map<number, string>();
  const places = locations ? readItemPlaces(bytes, locations) : [];
  if (!places) return undefined;
  const idat = find(children, 'idat');
  let budget = 4 * bytes.length;
  let frame = 0;
  let grid = { pixels: 0, tiles: 0 };
  for (const place of places) {
    const type = types.get(place.id);
    if (type !== 'av01' && type !== 'grid') continue;
    budget -= place.extents.reduce((sum, { length }) => sum + Math.min(length || bytes.length, bytes.length), 0);
    if (budget < 0) return undefined;
    const item = itemBytes(bytes, place, idat);
    if (type === 'av01') frame = Math.max(frame, largestAv1Frame(item, 0, item.length));
    else {
      const { pixels, tiles } = readGrid(item);
      grid = { pixels: Math.max(grid.pixels, pixels), tiles: Math.max(grid.tiles, tiles) };
    }
  }
  return { frame, grid };
};

/** AV1 Image File Format 1.1 (https://aomediacodec.github.io/av1-avif/) on ISO/IEC 23008-12. */
export const readAvifHeader = (bytes: Uint8Array): FoundHeader => {
  const boxes = boxesIn(bytes, 0, bytes.length);
  if (!boxes) return 'damaged';
  const metas = boxes.filter(({ type }) => type === 'meta');
  if (metas.length > 1) return 'damaged';
  const [meta] = metas;
  const children = meta && boxesIn(bytes, meta.start + 4, meta.end);
  if (meta && !children) return meta.cut ? 'truncated' : 'damaged';
  // The coded image is in `mdat`, or, rarely, in `idat` inside `meta`.
  const hasData = find(boxes, 'mdat') !== undefined || find(children, 'idat') !== undefined;
  const truncated = boxes.some(({ cut }) => cut) || (children?.some(({ cut }) => cut) ?? false) || !hasData;

  const data = viewOf(bytes);
  const iprp = find(children, 'iprp');
  const ipco = iprp && find(boxesIn(bytes, iprp.start, iprp.end), 'ipco');
  const properties = (ipco && boxesIn(bytes, ipco.start, ipco.end)) ?? [];
  // A grid's tiles are listed too: the image is the largest. Alpha is a separate item, always monochrome.
  let [width, height, known] = [0, 0, false];
  let [grey, bitDepth, coded] = [true, 8, false];
  let alpha = false;
  for (const { type, start, end } of properties) {
    if (type === 'ispe' && start + 12 <= end) {
      const [w, h] = [data.getUint32(start + 4), data.getUint32(start + 8)];
      if (!known || w * h > width * height) [width, height, known] = [w, h, true];
    }
    if (type === 'av1C' && start + 3 <= end) {
      const flags = bytes[start + 2] as number;
      coded = true;
      grey &&= (flags & 0x10) !== 0;
      bitDepth = Math.max(bitDepth, (flags & 0x40) === 0 ? 8 : (flags & 0x20) === 0 ? 10 : 12);
    }
    if (type === 'auxC')
      alpha ||= /auxiliary:alpha|hevc:2015:auxid:1/.test(latin1(bytes, start, Math.min(end, start + 128)));
  }
  if (!known || !coded) return truncated ? 'truncated' : 'damaged';
  const read = readCoded(bytes, children as IsoBox[]);
  if (!read) return 'damaged';
  const { frame, grid } = read;
  // Decoders differ: some reject a frame whose size differs from the property, after decoding it; others scale it.
  if (grid.tiles === 0 && frame > 0 && frame !== width * height) return 'damaged';
  const codedPixels = Math.max(width * height, grid.pixels, frame * Math.max(1, grid.tiles));
  return { format: 'avif', width, height, channels: channelsOf(grey, alpha), bitDepth, codedPixels, truncated };
};
