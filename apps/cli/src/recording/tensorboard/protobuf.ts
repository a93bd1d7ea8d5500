/** @file The wire format of protocol buffers, as far as event files use it. */

/** The wire types that are used. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Encodes a non-negative integer as a varint. @throws RangeError for any other number */
const varint = (value: number): Uint8Array => {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`varint: value must be an integer of at least 0, got ${value}`);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
};

const tagged = (field: number, wire: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([varint(field * 8 + wire), content]);

/** A field of an integer type. */
export const integerField = (field: number, value: number): Uint8Array => tagged(field, WIRE.varint, varint(value));

/** A field of type `double`. */
export const doubleField = (field: number, value: number): Uint8Array => {
  const content = Buffer.alloc(8);
  content.writeDoubleLE(value);
  return tagged(field, WIRE.fixed64, content);
};

/** A field of type `float`. */
export const floatField = (field: number, value: number): Uint8Array => {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return tagged(field, WIRE.fixed32, content);
};

/** A field of type `bytes`, or an encoded message. */
export const bytesField = (field: number, content: Uint8Array): Uint8Array =>
  tagged(field, WIRE.bytes, Buffer.concat([varint(content.length), content]));

/** A field of type `string`. */
export const stringField = (field: number, text: string): Uint8Array => bytesField(field, Buffer.from(text, 'utf8'));

/** A message made of its fields, in the order given. */
export const message = (...fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);
