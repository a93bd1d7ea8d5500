/**
 * @file The sample formats of WAV files. Integers map to [-1, 1): 8-bit samples are unsigned around 128, the others are
 *   signed.
 */

/** The format of a stored sample. `float64` can be decoded, but not encoded. */
export type SampleFormat = 'uint8' | 'int16' | 'int24' | 'int32' | 'float32' | 'float64';

/** The size of a sample, and its little-endian reader and writer. */
export interface SampleCodec {
  readonly bytes: number;
  readonly float: boolean;
  read(data: DataView, at: number): number;
  write(data: DataView, at: number, value: number): void;
}

/** The nearest of the 2^bits integers that represent [-1, 1); 1 itself becomes the largest. */
const toInteger = (value: number, bits: number): number => {
  const half = 2 ** (bits - 1);
  return Math.min(half - 1, Math.max(-half, Math.round(value * half)));
};

export const SAMPLE_CODECS: Readonly<Record<SampleFormat, SampleCodec>> = {
  uint8: {
    bytes: 1,
    float: false,
    read: (data, at) => (data.getUint8(at) - 128) / 128,
    write: (data, at, value) => data.setUint8(at, toInteger(value, 8) + 128),
  },
  int16: {
    bytes: 2,
    float: false,
    read: (data, at) => data.getInt16(at, true) / 2 ** 15,
    write: (data, at, value) => data.setInt16(at, toInteger(value, 16), true),
  },
  int24: {
    bytes: 3,
    float: false,
    read: (data, at) => (data.getUint16(at, true) + data.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
    write(data, at, value) {
      const integer = toInteger(value, 24);
      data.setUint16(at, integer & 0xffff, true);
      data.setInt8(at + 2, integer >> 16);
    },
  },
  int32: {
    bytes: 4,
    float: false,
    read: (data, at) => data.getInt32(at, true) / 2 ** 31,
    write: (data, at, value) => data.setInt32(at, toInteger(value, 32), true),
  },
  float32: {
    bytes: 4,
    float: true,
    read: (data, at) => data.getFloat32(at, true),
    write: (data, at, value) => data.setFloat32(at, value, true),
  },
  float64: {
    bytes: 8,
    float: true,
    read: (data, at) => data.getFloat64(at, true),
    write: (data, at, value) => data.setFloat64(at, value, true),
  },
};
