/** @file Arrays of a spec as text: base64 of bytes, which JSON stores compactly. */

/** Characters are made from so many bytes at once: a call has a limited number of arguments. */
const CHUNK = 2 ** 13;

const encodeBytes = (bytes: Uint8Array): string => {
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK)
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  return btoa(text);
};

const describe = (value: unknown): string =>
  typeof value === 'string' ? `${value.length} characters` : (JSON.stringify(value) ?? typeof value);

const decodeBytes = (what: string, text: unknown, count: number): Uint8Array<ArrayBuffer> => {
  const length = 4 * Math.ceil(count / 3);
  const problem = `${what} must be ${length} characters of base64 for ${count} bytes, got ${describe(text)}`;
  if (typeof text !== 'string' || text.length !== length) throw new RangeError(problem);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError(`${what} must be base64, it has other characters`);
  const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0));
  if (bytes.length !== count) throw new RangeError(problem);
  return bytes;
};

/** Unsigned integers of `bits` bits each, one after the other from the lowest bit of the first byte. */
export const encodeIntegers = (values: ArrayLike<number>, bits: number): string => {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  for (let i = 0; i < values.length; i++)
    for (let bit = 0; bit < bits; bit++) {
      const place = i * bits + bit;
      bytes[place >> 3] = (bytes[place >> 3] as number) | ((((values[i] as number) >> bit) & 1) << (place & 7));
    }
  return encodeBytes(bytes);
};

/** @throws RangeError unless the text is that of `count` integers of `bits` bits */
export const decodeIntegers = (what: string, text: unknown, count: number, bits: number): Uint32Array => {
  const bytes = decodeBytes(what, text, Math.ceil((count * bits) / 8));
  return Uint32Array.from({ length: count }, (_, i) => {
    let value = 0;
    for (let bit = 0; bit < bits; bit++) {
      const place = i * bits + bit;
      value |= (((bytes[place >> 3] as number) >> (place & 7)) & 1) << bit;
    }
    return value;
  });
};

/** Little-endian float32. */
export const encodeFloats = (values: ArrayLike<number>): string => {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  return encodeBytes(new Uint8Array(view.buffer));
};

/** @throws RangeError unless the text is that of `count` finite numbers */
export const decodeFloats = (what: string, text: unknown, count: number): Float32Array<ArrayBuffer> => {
  const view = new DataView(decodeBytes(what, text, 4 * count).buffer);
  const values = Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  const wrong = values.findIndex(value => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`${what} must be finite numbers, got ${values[wrong]} at ${wrong}`);
  return values;
};
