/**
 * @file Parses decimal numbers directly from bytes, so that a text of hundreds of megabytes is never converted to a
 *   string.
 */

/** 10^0 ... 10^22, which are exact in double precision. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
/** The maximum length of a number; longer ones are rejected. */
const MAX_LENGTH = 1100;

const textOf = (bytes: Uint8Array, start: number, stop: number): string => {
  let text = '';
  for (let at = start; at < stop; at++) text += String.fromCharCode(bytes[at]!);
  return text;
};

/** The non-finite values as printed by C libraries: `nan`, `-nan(ind)`, `inf`, `-Infinity`, `1.#QNAN`. */
const special = (bytes: Uint8Array, start: number, stop: number): number | undefined => {
  if (stop - start > 24) return undefined;
  const text = textOf(bytes, start, stop);
  if (/^[-+]?(nan(\([\w]*\))?|1\.#(ind|[qs]?nan)\d*)$/i.test(text)) return Number.NaN;
  const infinite = /^([-+]?)(inf(inity)?|1\.#inf\d*)$/i.exec(text);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : undefined;
};

/**
 * Parses the bytes `start` ... `stop - 1` as a decimal number, correctly rounded, or as NaN or infinity; `undefined` if
 * they are not a number.
 *
 * A mantissa of at most 2^53, multiplied or divided by a power of ten of at most 22, takes one exactly rounded
 * operation (Clinger, "How to read floating point numbers accurately", 1990); the rest is left to JavaScript.
 */
export const parseNumber = (bytes: Uint8Array, start: number, stop: number): number | undefined => {
  let at = start;
  const negative = bytes[at] === 0x2d;
  if (negative || bytes[at] === 0x2b) at++;
  let [mantissa, digits, power] = [0, 0, 0];
  for (; at < stop; at++, digits++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) break;
    mantissa = 10 * mantissa + digit;
  }
  if (at < stop && bytes[at] === 0x2e)
    for (at++; at < stop; at++, digits++, power--) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      mantissa = 10 * mantissa + digit;
    }
  if (digits === 0) return special(bytes, start, stop);
  if (at < stop && (bytes[at]! | 0x20) === 0x65) {
    at++;
    const down = bytes[at] === 0x2d;
    if (down || bytes[at] === 0x2b) at++;
    let exponent = 0;
    const first = at;
    for (; at < stop; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      exponent = Math.min(10 * exponent + digit, 1e6);
    }
    if (at === first) return undefined;
    power += down ? -exponent : exponent;
  }
  if (at !== stop) return special(bytes, start, stop);
  if (mantissa <= Number.MAX_SAFE_INTEGER && power >= -22 && power <= 22) {
    const value = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!;
    return negative ? -value : value;
  }
  return stop - start > MAX_LENGTH ? undefined : Number(textOf(bytes, start, stop));
};
