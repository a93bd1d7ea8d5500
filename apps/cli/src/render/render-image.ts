/** @file Renders a field as a picture, one strip of rows at a time. */

import { InputError } from '@neural-fields/app-kit';
import { extensionOf } from '@neural-fields/app-kit/files';
import {
  applyRange,
  type DisplayRange,
  type ImageView,
  pointsPerPass,
  type Quantity,
  sampleRange,
  shownChannels,
  toPicture,
  viewPoints,
} from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { createImageWriter, writeImage } from '@neural-fields/signals/node';
import ndarray from 'ndarray';

/** Formats other than PNG are encoded in memory: this many values take 256 MiB as float32. */
const WHOLE_VALUES = 2 ** 26;

/** What a picture shows, and how it is written. */
export interface RenderImageOptions {
  readonly view: ImageView;
  readonly quantity: Quantity;
  readonly range: DisplayRange;
  readonly bitDepth: 8 | 16;
  readonly signal: AbortSignal;
  /** Called with the number of pixels done. */
  readonly report: (done: number) => void;
}

/** Takes rows from top to bottom. */
interface RowTarget {
  writeRows(rows: Float32Array): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
}

/** Buffers the whole picture until it is closed. */
const memoryTarget = (path: string, shape: readonly [number, number, number]): RowTarget => {
  const image = new Float32Array(shape[0] * shape[1] * shape[2]);
  let filled = 0;
  return {
    writeRows: async rows => {
      image.set(rows, filled);
      filled += rows.length;
    },
    close: () => writeImage(path, ndarray(image, [...shape])),
    abort: async () => undefined,
  };
};

/**
 * Checks before rendering what can be known by then.
 *
 * @throws InputError when the format cannot hold the picture
 */
export const assertRenderable = (
  path: string,
  channels: number,
  { view, bitDepth }: Pick<RenderImageOptions, 'view' | 'bitDepth'>,
): void => {
  const extension = extensionOf(path);
  if (extension === 'png') return;
  if (bitDepth === 16) throw new InputError({ what: '--bit-depth 16', wanted: 'a PNG file', got: `'${path}'` });
  if (channels % 2 === 0 && extension.startsWith('jp'))
    throw new InputError({
      what: `cannot write '${path}'`,
      problem: 'the field has an alpha channel, which JPEG cannot store',
      hint: 'write it as PNG, WebP or AVIF',
    });
  if (view.width * view.height * channels > WHOLE_VALUES)
    throw new InputError({
      what: `cannot write '${path}'`,
      problem: `an image of ${view.width} x ${view.height} is too large for ${extension.toUpperCase()}, which is encoded in memory (up to ${WHOLE_VALUES} values)`,
      hint: 'write it as PNG, which is written row by row and may have any size',
    });
};

/**
 * Renders a view of a field to a file. It appears under its name only when it is complete.
 *
 * @throws the reason of `signal` when it is aborted; no file is then left behind
 */
export const renderImage = async (
  field: Field,
  signal: ImageDescription,
  path: string,
  options: RenderImageOptions,
): Promise<void> => {
  const { view, quantity, range, bitDepth } = options;
  const { width, height } = view;
  const channels = shownChannels(signal, quantity);
  assertRenderable(path, channels, options);
  const target: RowTarget =
    extensionOf(path) === 'png'
      ? await createImageWriter(path, { width, height, channels, bitDepth })
      : memoryTarget(path, [height, width, channels]);
  // A strip consists of whole rows, with about as many pixels as a pass has points.
  const rowsPerStrip = Math.min(height, Math.max(1, Math.ceil(pointsPerPass(field, quantity) / width)));
  const strip = new Float32Array(rowsPerStrip * width * channels);
  let filled = 0;
  try {
    const points = viewPoints(signal, view);
    await sampleRange(field, points, { quantity, signal: options.signal }, async (start, values) => {
      const pixels = applyRange(toPicture(signal, quantity, values), range);
      for (let taken = 0; taken < pixels.length; ) {
        const count = Math.min(strip.length - filled, pixels.length - taken);
        strip.set(pixels.subarray(taken, taken + count), filled);
        taken += count;
        filled += count;
        if (filled < strip.length) continue;
        await target.writeRows(strip);
        filled = 0;
      }
      options.report(start + values.length / signal.channels);
    });
    if (filled > 0) await target.writeRows(strip.subarray(0, filled));
    await target.close();
  } catch (error) {
    await target.abort();
    throw error;
  }
};
