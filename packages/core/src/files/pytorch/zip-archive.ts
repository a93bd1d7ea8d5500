/**
 * @file Reads zip files with uncompressed members, as `torch.save` writes them: members are views of the file, so that
 *   reading takes no memory beyond the list of members, and no member can be larger than the file. Compressed members
 *   are not supported.
 *
 * Reference: PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local headers), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its
 * end, with zip64) and 4.5.3.
 */
import { FieldFileError } from '../field-file-error.ts';
import { crc32 } from './crc32.ts';
import {
  CENTRAL_HEADER,
  CENTRAL_HEADER_BYTES,
  END,
  END_BYTES,
  LOCAL_HEADER,
  LOCAL_HEADER_BYTES,
  STORED,
} from './zip-records.ts';

/** A member of a zip file. */
export interface ZipMember {
  readonly name: string;
  /** Its data in the file: a view. */
  readonly bytes: Uint8Array;
  /** Whether they are uncompressed. */
  readonly isStored: boolean;
  /** The checksum in the file; 0 if its writer did not compute one. */
  readonly crc32: number;
}

const MAX_COMMENT = 0xffff;
const ZIP64_END = 0x06064b50;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_EXTRA = 1;
const WORD = 0xffffffff;
const ENCRYPTED = 1;

const damaged = (what: string): FieldFileError => new FieldFileError('damaged-archive', `the zip file ${what}`);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A 64-bit count, at most 2^53 - 1. */
const count64 = (view: DataView, at: number): number => {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged('has a size or an offset beyond 2^53');
  return Number(value);
};

interface Directory {
  readonly start: number;
  readonly end: number;
  readonly members: number;
}

/** Finds the central directory. */
const findDirectory = (view: DataView): Directory => {
  const size = view.byteLength;
  // The end record precedes a comment of any length: take the last record whose comment ends with the file.
  let end = size - END_BYTES;
  const first = Math.max(0, end - MAX_COMMENT);
  while (
    end >= first &&
    !(view.getUint32(end, true) === END && end + END_BYTES + view.getUint16(end + 20, true) === size)
  )
    end--;
  if (end < first) throw damaged('has no directory at its end: it is truncated, or not a zip file');
  let members = view.getUint16(end + 10, true);
  let length = view.getUint32(end + 12, true);
  let start = view.getUint32(end + 16, true);
  const locator = end - ZIP64_LOCATOR_BYTES;
  if (locator >= 0 && view.getUint32(locator, true) === ZIP64_LOCATOR) {
    const at = count64(view, locator + 8);
    if (at + ZIP64_END_BYTES > locator || view.getUint32(at, true) !== ZIP64_END)
      throw damaged('has a damaged zip64 record');
    members = count64(view, at + 32);
    length = count64(view, at + 40);
    start = count64(view, at + 48);
  }
  if (start + length > end) throw damaged('has a directory that is not within it');
  if (members * CENTRAL_HEADER_BYTES > length)
    throw damaged(`claims ${members} members, more than its directory has room for`);
  return { start, end: start + length, members };
};

interface Entry {
  readonly name: string;
  readonly crc32: number;
  readonly isStored: boolean;
  readonly size: number;
  readonly header: number;
  /** The end of the entry in the directory. */
  readonly end: number;
}

/**
 * The sizes and the offset of an entry: in zip64 files, those that do not fit the header are in an extra field, in this
 * order.
 */
const readSizes = (
  view: DataView,
  at: number,
  extra: { readonly start: number; readonly end: number },
): [number, number, number] => {
  const sizes: [number, number, number] = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ];
  if (!sizes.includes(WORD)) return sizes;
  for (let field = extra.start; field + 4 <= extra.end; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== ZIP64_EXTRA) continue;
    let next = field + 4;
    const limit = Math.min(extra.end, next + view.getUint16(field + 2, true));
    for (const [index, size] of sizes.entries()) {
      if (size !== WORD || next + 8 > limit) continue;
      sizes[index] = count64(view, next);
      next += 8;
    }
    break;
  }
  return sizes;
};

const decoder: TextDecoder = new TextDecoder();

const readEntry = (bytes: Uint8Array, view: DataView, at: number, directoryEnd: number): Entry => {
  if (at + CENTRAL_HEADER_BYTES > directoryEnd || view.getUint32(at, true) !== CENTRAL_HEADER)
    throw damaged('has a damaged directory');
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map(offset => view.getUint16(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const nameEnd = at + CENTRAL_HEADER_BYTES + nameLength;
  const end = nameEnd + extraLength + commentLength;
  if (end > directoryEnd) throw damaged('has a damaged directory');
  const name = decoder.decode(bytes.subarray(at + CENTRAL_HEADER_BYTES, nameEnd));
  const shown = name.slice(0, 80);
  if (view.getUint16(at + 8, true) & ENCRYPTED) throw damaged(`has the encrypted member '${shown}'`);
  const isStored = view.getUint16(at + 10, true) === STORED;
  const [size, packed, header] = readSizes(view, at, { start: nameEnd, end: nameEnd + extraLength });
  if (isStored && size !== packed) throw damaged(`gives the stored member '${shown}' two sizes, ${size} and ${packed}`);
  return { name, crc32: view.getUint32(at + 16, true), isStored, size: packed, header, end };
};

/**
 * The members of a zip file by name. Time and memory are linear in the length of the directory.
 *
 * @param maxMembers the maximum number of members
 * @throws FieldFileError `damaged-archive` when the file is damaged, has encrypted members, or members that overlap
 */
export const readZip = (bytes: Uint8Array, maxMembers: number): ReadonlyMap<string, ZipMember> => {
  const view = viewOf(bytes);
  const directory = findDirectory(view);
  if (directory.members > maxMembers)
    throw damaged(`has ${directory.members} members, but at most ${maxMembers} are allowed`);
  const entries: Entry[] = [];
  for (let at = directory.start, i = 0; i < directory.members; i++) {
    const entry = readEntry(bytes, view, at, directory.end);
    entries.push(entry);
    at = entry.end;
  }
  const members = new Map<string, ZipMember>();
  let free = 0;
  for (const { name, crc32, isStored, size, header } of entries.sort((a, b) => a.header - b.header)) {
    const shown = name.slice(0, 80);
    if (header < free) throw damaged(`has members that overlap, among them '${shown}'`);
    if (header + LOCAL_HEADER_BYTES > directory.start || view.getUint32(header, true) !== LOCAL_HEADER)
      throw damaged(`has no data for its member '${shown}'`);
    const start = header + LOCAL_HEADER_BYTES + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
    if (start + size > directory.start) throw damaged(`ends within its member '${shown}'`);
    if (members.has(name)) throw damaged(`has two members named '${shown}'`);
    free = start + size;
    members.set(name, { name, bytes: bytes.subarray(start, free), isStored, crc32 });
  }
  return members;
};

/**
 * Checks that a member is uncompressed, and that its data match its checksum.
 *
 * @throws FieldFileError `damaged-archive`
 */
export const assertReadable = ({ name, bytes, isStored, crc32: expected }: ZipMember): void => {
  const shown = name.slice(0, 80);
  if (!isStored)
    throw damaged(
      `has the compressed member '${shown}'; torch.save does not compress, so it was repacked: pack it without compression`,
    );
  // torch.serialization.set_crc32_options(False) writes 0.
  if (expected === 0) return;
  if (crc32(bytes) !== expected) throw damaged(`is damaged: the data of '${shown}' do not match their checksum`);
};
