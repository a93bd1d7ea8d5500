/** @file The reader of MATLAB's files, for the fuzzer. */
import { deflateSync } from 'node:zlib';
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { COMPRESSED, MATRIX, MatlabError } from '../../src/shared/matlab-elements.ts';
import { decodeMatlab } from '../../src/shared/matlab-file.ts';
import { encodeMatlab } from '../matlab.ts';

const HEADER = 128;

const source = { shape: [1, 2], real: [0.1, -0.3] } as const;
const receivers = { shape: [2, 2], real: [0.2, 0.4, -0.2, 0.4] } as const;
const rec_val = { shape: [2, 1], real: [1, 2], imaginary: [3, 4] } as const;
const other = { shape: [20, 30], real: Array.from({ length: 600 }, (_, i) => i) } as const;

/** Compresses the arrays of a file, so that what is wrong with them lies in a whole compressed element. */
const compressArrays = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  if (bytes.length < HEADER) return bytes;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = data.getUint8(126) === 'I'.charCodeAt(0);
  const parts: Uint8Array[] = [bytes.subarray(0, HEADER)];
  for (let at = HEADER; at + 8 <= bytes.length; ) {
    const end = at + 8 + 8 * Math.ceil(data.getUint32(at + 4, little) / 8);
    if (data.getUint32(at, little) !== MATRIX || end > bytes.length) return bytes;
    const packed = deflateSync(bytes.subarray(at, end));
    const tag = new DataView(new ArrayBuffer(8));
    tag.setUint32(0, COMPRESSED, little);
    tag.setUint32(4, packed.length, little);
    parts.push(new Uint8Array(tag.buffer), packed);
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts));
};

/** The files of receivers, compressed and not, in either order of bytes. */
export const matlabTarget: FuzzTarget = {
  name: 'matlab',
  seeds: () =>
    [true, false].flatMap(compressed =>
      [true, false].map(little => encodeMatlab({ source, receivers, rec_val, other }, { compressed, little })),
    ),
  read: bytes => decodeMatlab(bytes, { variables: ['source', 'receivers', 'rec_val'] }),
  repair: compressArrays,
  isTyped: error => error instanceof MatlabError,
};
