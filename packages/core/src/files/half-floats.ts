/**
 * @file The two 16-bit floating-point formats. Both are subsets of float32, so nothing is lost when they are widened to
 *   it.
 */

/**
 * IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) as float32.
 *
 * (-1)^s 2^(e - 15) (1 + f / 2^10) for 0 < e < 31, and (-1)^s 2^-14 (f / 2^10) for e = 0: IEEE 754-2019, section 3.4.
 *
 * @param words the bit patterns
 */
export const widenFloat16 = (words: Uint16Array): Float32Array => {
  const values = new Float32Array(words.length);
  // A loop: `Float32Array.from` would allocate a copy of at least eight bytes per value.
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 0x1f;
    const fraction = word & 0x3ff;
    if (exponent === 0x1f) values[i] = fraction === 0 ? sign * Infinity : NaN;
    else values[i] = exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
};

const BIAS_DIFFERENCE = 127 - 15;

/** An integer shifted right by `count` bits, rounded to nearest, ties to even. */
const shiftRounded = (value: number, count: number): number => {
  const kept = value >>> count;
  const rest = value - (kept << count);
  const half = 1 << (count - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
};

/**
 * Rounds float32 to IEEE 754 binary16: to nearest, ties to even; to an infinity from 65,520 on.
 *
 * @returns the bit patterns
 */
export const narrowFloat16 = (values: Float32Array): Uint16Array => {
  const all = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const words = new Uint16Array(values.length);
  for (let i = 0; i < all.length; i++) {
    const bits = all[i] as number;
    const fraction = bits & 0x7fffff;
    const exponent = ((bits >>> 23) & 0xff) - BIAS_DIFFERENCE;
    let magnitude: number;
    if (exponent === 0xff - BIAS_DIFFERENCE && fraction !== 0) magnitude = 0x7e00;
    else if (exponent >= 0x1f) magnitude = 0x7c00;
    // Rounding may carry into the exponent, which gives the next power of two.
    else if (exponent > 0) magnitude = shiftRounded((exponent << 23) | fraction, 13);
    else magnitude = exponent < -10 ? 0 : shiftRounded(0x800000 | fraction, 14 - exponent);
    words[i] = ((bits >>> 16) & 0x8000) | magnitude;
  }
  return words;
};

/**
 * bfloat16 as float32: its bits are the upper half of the float32.
 *
 * @param words the bit patterns
 */
export const widenBfloat16 = (words: Uint16Array): Float32Array => {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = (words[i] as number) << 16;
  return new Float32Array(bits.buffer);
};
