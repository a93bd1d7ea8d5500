/**
 * @file The largest frame that an AV1 stream declares: AV1 Bitstream & Decoding Process Specification, sections 5.3 and
 * 5.5.
 */

/** Reads bits, most significant first; bits beyond the end are 0. */
const bitReader = (bytes: Uint8Array, start: number): ((count: number) => number) => {
  let at = 8 * start;
  return count => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = 2 * value + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
};

/** Section 5.5.1, up to max_frame_height_minus_1. */
const frameSize = (bytes: Uint8Array, start: number): number => {
  const bits = bitReader(bytes, start);
  const flag = (): boolean => bits(1) === 1;
  bits(3 + 1); // seq_profile, still_picture
  if (flag())
    bits(5); // reduced_still_picture_header: seq_level_idx alone
  else {
    let delayBits = 0;
    if (flag()) {
      bits(32 + 32); // num_units_in_display_tick, time_scale
      // equal_picture_interval: num_ticks_per_picture_minus_1 in uvlc()
      if (flag()) {
        let zeros = 0;
        while (zeros < 32 && !flag()) zeros++;
        bits(zeros);
      }
      if (flag()) {
        delayBits = bits(5) + 1;
        bits(32 + 5 + 5);
      }
    }
    const hasDisplayDelay = flag();
    const points = bits(5) + 1;
    for (let point = 0; point < points; point++) {
      bits(12);
      if (bits(5) > 7) bits(1);
      if (delayBits > 0 && flag()) bits(2 * delayBits + 1);
      if (hasDisplayDelay && flag()) bits(4);
    }
  }
  const [widthBits, heightBits] = [bits(4) + 1, bits(4) + 1];
  return (bits(widthBits) + 1) * (bits(heightBits) + 1);
};

const SEQUENCE_HEADER = 1;

/**
 * The number of pixels of the largest frame that the sequence headers among the units (OBUs) from `start` to `end`
 * allow; 0 without a sequence header.
 */
export const largestAv1Frame = (bytes: Uint8Array, start: number, end: number): number => {
  let pixels = 0;
  for (let at = start; at < end; ) {
    const head = bytes[at] as number;
    at += (head & 4) === 0 ? 1 : 2;
    let length = end - at;
    if ((head & 2) !== 0) {
      length = 0;
      for (let i = 0; i < 8 && at < end; i++) {
        const byte = bytes[at++] as number;
        length += (byte & 0x7f) * 2 ** (7 * i);
        if (byte < 0x80) break;
      }
    }
    if (((head >> 3) & 15) === SEQUENCE_HEADER && at < end) pixels = Math.max(pixels, frameSize(bytes, at));
    at += length;
  }
  return pixels;
};
