/** @file The two 16-bit floating-point formats, widened to float32. Both are subsets of float32, so nothing is lost. */

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
