/**
 * @file Boxes of the ISO base media file format, ISO/IEC 14496-12, and the items of ISO/IEC 23008-12 that they hold.
 */
import { fourCharacters, viewOf } from './header.ts';

/** A box: its content is from `start` to `end`, which is never beyond the bytes. */
export interface IsoBox {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** Whether it claims to end beyond its container. */
  readonly cut: boolean;
}

/** The boxes in a byte range; `undefined` if it is not a sequence of boxes. */
export const boxesIn = (bytes: Uint8Array, from: number, to: number): IsoBox[] | undefined => {
  const data = viewOf(bytes);
  const boxes: IsoBox[] = [];
  for (let at = from; at + 8 <= to; ) {
    const size = data.getUint32(at);
    const long = size === 1 && at + 16 <= to;
    const length = size === 0 ? to - at : long ? Number(data.getBigUint64(at + 8)) : size;
    const header = long ? 16 : 8;
    if (length < header) return undefined;
    boxes.push({
      type: fourCharacters(bytes, at + 4),
      start: at + header,
      end: Math.min(at + length, to),
      cut: at + length > to,
    });
    at += length;
  }
  return boxes;
};

/** The location of an item: in the file, or in the `idat` box. */
export interface ItemPlace {
  readonly id: number;
  readonly inIdat: boolean;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

/** Reads successive numbers; those beyond `end` are 0. */
const numberReader = (bytes: Uint8Array, start: number, end: number) => {
  const data = viewOf(bytes);
  let at = start;
  return {
    hasMore: (): boolean => at < end,
    next: (size: number): number => {
      const from = at;
      at += size;
      if (size === 0 || at > end) return 0;
      if (size === 8) return Number(data.getBigUint64(from));
      return size === 4 ? data.getUint32(from) : size === 2 ? data.getUint16(from) : (bytes[from] as number);
    },
  };
};

const isSize = (size: number): boolean => size === 0 || size === 4 || size === 8;

/** Reads the `iloc` box: ISO/IEC 14496-12, section 8.11.3. */
export const readItemPlaces = (bytes: Uint8Array, { start, end }: IsoBox): ItemPlace[] | undefined => {
  const { next, hasMore } = numberReader(bytes, start, end);
  const version = next(1);
  next(1);
  next(2);
  const sizes = next(2);
  const [offsetSize, lengthSize, baseSize, indexSize] = [
    sizes >> 12,
    (sizes >> 8) & 15,
    (sizes >> 4) & 15,
    version > 0 ? sizes & 15 : 0,
  ];
  if (![offsetSize, lengthSize, baseSize, indexSize].every(isSize)) return undefined;
  const places: ItemPlace[] = [];
  const count = next(version < 2 ? 2 : 4);
  for (let item = 0; item < count && hasMore(); item++) {
    const id = next(version < 2 ? 2 : 4);
    const method = version > 0 ? next(2) & 15 : 0;
    next(2);
    const base = next(baseSize);
    const extentCount = next(2);
    const extents: { offset: number; length: number }[] = [];
    // Empty extents could be repeated without limit.
    for (let extent = 0; extent < extentCount && hasMore() && (extent === 0 || offsetSize + lengthSize > 0); extent++) {
      next(indexSize);
      const offset = base + next(offsetSize);
      extents.push({ offset, length: next(lengthSize) });
    }
    places.push({ id, inIdat: method === 1, extents });
  }
  return places;
};

/** The types of the items by their ids: the `iinf` box, ISO/IEC 14496-12, section 8.11.6. */
export const readItemTypes = (bytes: Uint8Array, { start, end }: IsoBox): Map<number, string> => {
  const types = new Map<number, string>();
  const header = bytes[start] === 0 ? 6 : 8;
  for (const box of boxesIn(bytes, start + header, end) ?? []) {
    const { next } = numberReader(bytes, box.start, box.end);
    const version = next(1);
    next(1);
    next(2);
    if (box.type !== 'infe' || version < 2) continue;
    const id = next(version === 2 ? 2 : 4);
    types.set(id, fourCharacters(bytes, box.start + (version === 2 ? 8 : 10)));
  }
  return types;
};
