/** @file Repairs for formats that several readers share. */

/** The end of the JSON object that begins at `begin`; the end of the bytes if it is not closed. */
const endOfObject = (bytes: Uint8Array, begin: number): number => {
  let depth = 0;
  let quoted = false;
  for (let i = begin; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b) depth++;
    else if (byte === 0x7d && --depth === 0) return i + 1;
  }
  return bytes.length;
};

/**
 * Repairs the length of a JSON header, which precedes it as a little-endian integer of `width` bytes: 8 in safetensors.
 */
export const repairHeaderLength = (bytes: Uint8Array<ArrayBuffer>, width: 2 | 8 = 8): Uint8Array<ArrayBuffer> => {
  if (bytes[width] !== 0x7b) return bytes;
  const length = endOfObject(bytes, width) - width;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 8) view.setBigUint64(0, BigInt(length), true);
  else view.setUint16(0, length, true);
  return bytes;
};
