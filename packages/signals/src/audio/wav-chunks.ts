/** @file The chunks of a WAV file, and the extent of its samples even if the header does not state it. */
import { describeBytes, latin1 } from '../bytes/describe-bytes.ts';
import type { DecodeNote } from '../decode-note.ts';
import { AudioError } from './audio-error.ts';

/** A byte range of a file. */
export interface Extent {
  readonly start: number;
  readonly length: number;
}

/** The two relevant chunks, and remarks on irregularities. */
export interface WavChunks {
  readonly format: Extent;
  readonly data: Extent;
  readonly notes: readonly DecodeNote[];
}

/**
 * RIFF: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991. RF64: EBU Tech 3306. BW64:
 * Rec. ITU-R BS.2088. The last two have a `ds64` chunk with 64-bit lengths.
 */
const FORMS = ['RIFF', 'RF64', 'BW64'];

/**
 * Lengths from here on are placeholders written by programs that write to a pipe: 0x7ffff000 by sox, 2^31 - 1, 2^31 or
 * 2^32 - 1 by others.
 */
const UNKNOWN_LENGTH = 0x7ffff000;

/** In a file with a `ds64` chunk: the length is given there. */
const SEE_DS64 = 0xffffffff;

const HEADER = 8;

/** Whether a chunk can begin here: its name consists of printable ASCII characters. */
const isName = (bytes: Uint8Array, at: number): boolean =>
  at + HEADER <= bytes.length && /^[\x20-\x7e]{4}$/.test(latin1(bytes, at, at + 4));

/** Finds the next chunk. Chunks are padded to even lengths, but some writers omit the padding. */
const nextChunk = (bytes: Uint8Array, end: number, isOdd: boolean): number =>
  isOdd && (isName(bytes, end + 1) || !isName(bytes, end)) ? end + 1 : end;

/**
 * Whether the rest of the file is a sequence of complete chunks: then a chunk of length 0 before them is really empty.
 */
const chunksFillRest = (bytes: Uint8Array, view: DataView, from: number): boolean => {
  let at = from;
  while (isName(bytes, at)) at += HEADER + view.getUint32(at + 4, true);
  return at >= bytes.length && at <= bytes.length + 1;
};

/** The number of bytes of samples; corrects a stated length that is missing or too large. */
const dataLength = (bytes: Uint8Array, view: DataView, start: number, stated: number, notes: DecodeNote[]): number => {
  const available = bytes.length - start;
  if (stated === 0 && available > 0 && !chunksFillRest(bytes, view, start)) {
    notes.push({
      kind: 'unknown-length',
      text: `the file does not say how long the sound is; all ${available} bytes to its end are used`,
    });
    return available;
  }
  if (stated <= available) return stated;
  if (stated >= UNKNOWN_LENGTH && available < UNKNOWN_LENGTH)
    notes.push({
      kind: 'unknown-length',
      text: `the file does not say how long the sound is (${stated} bytes, as from a pipe); all ${available} bytes to its end are used`,
    });
  else
    notes.push({
      kind: 'ends-early',
      text: `the file should have ${stated} bytes of samples, but has ${available}; these are used, and the end may be missing`,
    });
  return available;
};

const assertWav = (bytes: Uint8Array): void => {
  if (bytes.length === 0)
    throw new AudioError('empty-file', 'decodeAudio', 'wanted the bytes of a WAV file, got 0 bytes');
  const form = latin1(bytes, 0, 4);
  const isWave = latin1(bytes, 8, 12) === 'WAVE';
  if (isWave && FORMS.includes(form)) return;
  if (isWave && form === 'RIFX')
    throw new AudioError(
      'unsupported',
      'decodeAudio',
      'big-endian WAV files (RIFX) are not supported; wanted RIFF, RF64 or BW64',
    );
  throw new AudioError('not-audio', 'decodeAudio', `wanted a WAV file, got ${describeBytes(bytes)}`);
};

/**
 * Finds the format and the samples.
 *
 * @throws AudioError when the bytes are not a WAV file, end before the samples, or have samples before their format
 */
export const findWavChunks = (bytes: Uint8Array): WavChunks => {
  assertWav(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: DecodeNote[] = [];
  let format: Extent | undefined;
  let longLength: number | undefined;
  for (let at = 12; at + HEADER <= bytes.length; ) {
    const id = latin1(bytes, at, at + 4);
    const stated = view.getUint32(at + 4, true);
    const start = at + HEADER;
    if (id === 'data') {
      if (!format) throw new AudioError('damaged', 'decodeAudio', 'the data chunk comes before the fmt chunk');
      const length = dataLength(bytes, view, start, stated === SEE_DS64 ? (longLength ?? stated) : stated, notes);
      return { format, data: { start, length }, notes };
    }
    if (start + stated > bytes.length) break;
    if (id === 'fmt ') format = { start, length: stated };
    if (id === 'ds64' && stated >= 16) longLength = Number(view.getBigUint64(start + 8, true));
    at = nextChunk(bytes, start + stated, stated % 2 === 1);
  }
  throw new AudioError('truncated', 'decodeAudio', `the WAV file ends early, after ${bytes.length} bytes`);
};
