/**
 * @file PNG files of any size, a few rows at a time. A PNG is a header and one zlib stream of filtered rows, so it can
 *   be written in one pass; only a batch of rows and zlib's window are held in memory.
 */

import { Buffer } from 'node:buffer';
import { crc32, createDeflate } from 'node:zlib';
import { createAtomicFile } from '@neural-fields/core/node';
import { assertOptions } from '@neural-fields/core/options';
import { ImageError } from '../images/image-error.ts';
import { type BitDepth, quantise } from '../images/quantise.ts';
import { SOFTWARE } from '../images/software.ts';
import { imageFormatOf } from './image-files.ts';
import { createRowFilter } from './png-filter.ts';
import { toFileError } from './to-file-error.ts';

/** The options of {@link createImageWriter}. */
export interface ImageWriterOptions {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Default: 8. */
  readonly bitDepth?: BitDepth;
}

/** Writes an image row by row. The file appears under its name when it is complete. */
export interface ImageWriter {
  /**
   * Writes the next rows. Await each call before the next, which bounds the memory.
   *
   * @param rows `f32[n, width, channels]`, n any number of rows; values are clipped to [0, 1] and rounded
   * @throws RangeError when `rows` is not a whole number of rows, exceeds the remaining rows, or has a NaN; nothing of
   *   `rows` is then written
   * @throws FileError when writing fails; the writer is then aborted
   */
  writeRows(rows: Float32Array): Promise<void>;
  /**
   * Completes the file and renames it to its path, replacing an older file.
   *
   * @throws RangeError when rows are missing; the writer is then aborted
   * @throws FileError when writing fails; the writer is then aborted
   */
  close(): Promise<void>;
  /**
   * Removes what was written; an older file at the path is kept. After `close`, or when called again, it does nothing.
   */
  abort(): Promise<void>;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOUR_TYPES = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** Filtered bytes are passed to zlib in batches of about this size. */
const BATCH_BYTES = 2 ** 20;

const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
};

const pngHeader = ({ width, height, channels, bitDepth = 8 }: ImageWriterOptions): Buffer => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, COLOUR_TYPES[channels]], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('tEXt', Buffer.from(`Software\0${SOFTWARE}`, 'latin1')),
  ]);
};

const assertValid = (path: string, { width, height, channels, bitDepth = 8 }: ImageWriterOptions): void => {
  const side = (length: number): boolean => Number.isInteger(length) && length >= 1 && length < 2 ** 31;
  if (!(side(width) && side(height)))
    throw new RangeError(`createImageWriter: width and height must be from 1 to 2^31 - 1, got ${width} x ${height}`);
  if (!(channels in COLOUR_TYPES))
    throw new RangeError(`createImageWriter: channels must be 1, 2, 3 or 4, got ${channels as number}`);
  if (bitDepth !== 8 && bitDepth !== 16)
    throw new RangeError(`createImageWriter: bitDepth must be 8 or 16, got ${bitDepth as number}`);
  const format = imageFormatOf('createImageWriter', path);
  if (format !== 'png')
    throw new ImageError('unsupported', 'createImageWriter', `rows can be written to PNG files only, got '${path}'`);
};

/**
 * Opens a PNG file for writing a few rows at a time, for renders that exceed memory.
 *
 * The bytes go to a temporary file beside `path`, which is renamed at `close`. `abort` and any failure remove it; the
 * temporary file of a killed process is removed by the next one that writes the same path (`createAtomicFile` of
 * `@neural-fields/core/node`). No image library is needed.
 *
 * @throws RangeError when an option is out of range, or the extension is not that of a format
 * @throws ImageError `unsupported` when the extension is that of another format
 * @throws FileError when the temporary file cannot be created
 */
export const createImageWriter = async (path: string, options: ImageWriterOptions): Promise<ImageWriter> => {
  assertOptions('createImageWriter', options, { width: 1, height: 1, channels: 1, bitDepth: 1 });

  assertValid(path, options);
  const { width, height, channels, bitDepth = 8 } = options;
  const file = await createAtomicFile(path);
  const rowLength = width * channels;
  const rowBytes = rowLength * (bitDepth / 8);
  const filterRow = createRowFilter(rowBytes, channels * (bitDepth / 8));
  const deflate = createDeflate({ chunkSize: 2 ** 18 });

  const drain = async (): Promise<void> => {
    await file.write(pngHeader(options));
    for await (const part of deflate) await file.write(pngChunk('IDAT', part as Buffer));
  };
  const drained = drain();
  // A failure is reported by the next `push` or `close`.
  drained.catch(() => undefined);

  let state: 'open' | 'busy' | 'over' = 'open';
  let written = 0;

  const abort = async (): Promise<void> => {
    if (state === 'over') return;
    state = 'over';
    deflate.destroy();
    await drained.catch(() => undefined);
    await file.abort();
  };

  const assertOpen = (caller: string): void => {
    if (state !== 'open')
      throw new Error(
        `${caller}: ${state === 'busy' ? 'await the previous call first' : 'the writer is closed or aborted'}`,
      );
  };

  /** Runs a step that must not overlap with another; a failure aborts the writer. */
  const exclusively = async (caller: string, step: () => Promise<void>): Promise<void> => {
    assertOpen(caller);
    state = 'busy';
    try {
      await step();
      if (state === 'busy') state = 'open';
    } catch (error) {
      await abort();
      throw toFileError('write', path, error);
    }
  };

  /** Passes bytes to zlib and waits until it has accepted them, or until the file has failed. */
  const push = (bytes: Uint8Array): Promise<void> => {
    const taken = new Promise<void>((resolve, reject) => {
      deflate.write(bytes, error => (error ? reject(error) : resolve()));
    });
    return Promise.race([taken, drained]);
  };

  const rowsPerBatch = Math.max(1, Math.floor(BATCH_BYTES / rowBytes));

  return {
    async writeRows(rows) {
      assertOpen('writeRows');
      const count = rows.length / rowLength;
      if (!Number.isInteger(count))
        throw new RangeError(
          `writeRows: rows must be whole rows of ${width} x ${channels} values, got ${rows.length} values`,
        );
      if (written + count > height)
        throw new RangeError(`writeRows: ${height - written} of ${height} rows are left, got ${count}`);
      const samples = quantise('writeRows', rows, bitDepth);
      const bytes = Buffer.from(samples.buffer);
      if (bitDepth === 16) bytes.swap16(); // PNG is big-endian
      await exclusively('writeRows', async () => {
        for (let first = 0; first < count; first += rowsPerBatch) {
          const inBatch = Math.min(rowsPerBatch, count - first);
          const filtered = Buffer.alloc(inBatch * (1 + rowBytes));
          for (let row = 0; row < inBatch; row++)
            filterRow(
              bytes.subarray((first + row) * rowBytes, (first + row + 1) * rowBytes),
              filtered.subarray(row * (1 + rowBytes), (row + 1) * (1 + rowBytes)),
            );
          await push(filtered);
        }
        written += count;
      });
    },

    close: () =>
      exclusively('close', async () => {
        if (written < height) throw new RangeError(`close: ${height} rows must be written, got ${written}`);
        deflate.end();
        await drained;
        await file.write(pngChunk('IEND', new Uint8Array()));
        await file.commit();
        state = 'over';
      }),

    abort,
  };
};
