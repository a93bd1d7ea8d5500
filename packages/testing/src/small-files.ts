/** @file Makes small files to fit without using the packages, so that the module can be bundled. */
import { deflateSync } from 'node:zlib';

const crc32 = (bytes: Uint8Array): number => {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

const chunk = (type: string, data: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
  return bytes;
};

/** A grey PNG: a bright disc on a gradient. */
export const picture = (width: number, height: number): Buffer => {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0]);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] =
        Math.hypot(x / width - 0.4, y / height - 0.5) < 0.3 ? 230 : 50 + (120 * x) / width;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

/** A WAV file: one channel, 8 kHz, 16 bits. */
export const wav = (samples: readonly number[]): Buffer => {
  const { length } = samples;
  const bytes = Buffer.alloc(44 + 2 * length);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + 2 * length, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  for (const [at, value] of [
    [16, 16],
    [24, 8000],
    [28, 16_000],
    [40, 2 * length],
  ] as const)
    bytes.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.write('data', 36, 'latin1');
  for (const [i, value] of samples.entries()) bytes.writeInt16LE(Math.round(value), 44 + 2 * i);
  return bytes;
};

/** A WAV sound of one channel, 16 bits: two tones that fade. */
export const sound = (length: number): Buffer =>
  wav(Array.from({ length }, (_, i) => 12_000 * Math.sin(i / 5) * Math.exp(-i / 200) + 3000 * Math.sin(i / 17)));

/** A PLY mesh: an octahedron. */
export const octahedron = (): string =>
  [
    ...['ply', 'format ascii 1.0', 'element vertex 6', 'property float x', 'property float y', 'property float z'],
    ...['element face 8', 'property list uchar int vertex_indices', 'end_header'],
    ...['1 0 0', '-1 0 0', '0 1 0', '0 -1 0', '0 0 1', '0 0 -1'],
    ...['3 0 2 4', '3 2 1 4', '3 1 3 4', '3 3 0 4', '3 2 0 5', '3 1 2 5', '3 3 1 5', '3 0 3 5'],
    '',
  ].join('\n');
