/**
 * @file Writes zip files with uncompressed members. Equal members give equal bytes: all have the date 1980-01-01, the
 *   first that the format has.
 *
 * Reference: PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
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

/** The data of each member start at a multiple of this, as in files of `torch.save`, so that they can be mapped. */
const ALIGNMENT = 64;
/** The extra field of the local header that pads it: `FB`, as in `caffe2/serialize/inline_container.cc`. */
const PADDING = 0x4246;
const PADDING_HEADER_BYTES = 4;
/** Version 2.0 of the format. */
const VERSION = 20;
/** 1980-01-01. */
const DATE = 0x21;
/** Sizes, offsets and numbers of members beyond these require zip64, which is not written. */
const MAX_BYTES = 0xffffffff;
const MAX_MEMBERS = 0xffff;

/**
 * A zip file of the members in the given order.
 *
 * @param members data by name; names are ASCII
 * @throws FieldFileError `too-large` for 65,535 members or more, or 4 GiB
 */
export const writeZip = (members: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> => {
  const encoder = new TextEncoder();
  let end = 0;
  const entries = [...members].map(([path, data]) => {
    const name = encoder.encode(path);
    const header = end;
    const unpadded = header + LOCAL_HEADER_BYTES + name.length + PADDING_HEADER_BYTES;
    const start = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT;
    end = start + data.length;
    return { name, data, header, start, padding: start - unpadded, checksum: crc32(data) };
  });
  const directory = end;
  const length = entries.reduce((sum, { name }) => sum + CENTRAL_HEADER_BYTES + name.length, 0);
  const total = directory + length + END_BYTES;
  if (total >= MAX_BYTES || entries.length >= MAX_MEMBERS)
    throw new FieldFileError(
      'too-large',
      `a zip file may have ${MAX_MEMBERS - 1} members and ${MAX_BYTES - 1} bytes, this one needs ${entries.length} and ${total}`,
    );

  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let place = directory;
  for (const { name, data, header, start, padding, checksum } of entries) {
    /** What both headers have: the version, flags, method, time, date, checksum, sizes and the length of the name. */
    const describe = (at: number): void => {
      view.setUint16(at, VERSION, true);
      view.setUint16(at + 4, STORED, true);
      view.setUint16(at + 8, DATE, true);
      view.setUint32(at + 10, checksum, true);
      view.setUint32(at + 14, data.length, true);
      view.setUint32(at + 18, data.length, true);
      view.setUint16(at + 22, name.length, true);
    };
    view.setUint32(header, LOCAL_HEADER, true);
    describe(header + 4);
    view.setUint16(header + 28, PADDING_HEADER_BYTES + padding, true);
    bytes.set(name, header + LOCAL_HEADER_BYTES);
    view.setUint16(header + LOCAL_HEADER_BYTES + name.length, PADDING, true);
    view.setUint16(header + LOCAL_HEADER_BYTES + name.length + 2, padding, true);
    bytes.set(data, start);

    view.setUint32(place, CENTRAL_HEADER, true);
    view.setUint16(place + 4, VERSION, true);
    describe(place + 6);
    view.setUint32(place + 42, header, true);
    bytes.set(name, place + CENTRAL_HEADER_BYTES);
    place += CENTRAL_HEADER_BYTES + name.length;
  }
  view.setUint32(place, END, true);
  view.setUint16(place + 8, entries.length, true);
  view.setUint16(place + 10, entries.length, true);
  view.setUint32(place + 12, length, true);
  view.setUint32(place + 16, directory, true);
  return bytes;
};
