/** @file Pictures of one size as the signals of a prior. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { systemErrorReason } from '@neural-fields/core/node';
import type { Observation, Signal } from '@neural-fields/hypernetworks';
import { gridCoordinates, type Image, resizeImageAsync } from '@neural-fields/signals';
import { readImage } from '@neural-fields/signals/node';
import ndarray from 'ndarray';

/** The pictures that a prior is about. */
export interface PictureSize {
  /** Pixels along each side. */
  readonly side: number;
  readonly channels: 1 | 3;
}

/** A picture with unknown pixels. */
export interface KnownPixels {
  /** `f32[side^2, channels]` in [-1, 1] */
  readonly values: Float32Array;
  /** Whether each pixel is known. */
  readonly isKnown: Uint8Array;
}

const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp', '.avif'];

/** The centres of the pixels: `f32[side^2, 2]`. */
export const pixelCentres = (side: number): Float32Array =>
  gridCoordinates([side, side], { convention: 'pixel-centred' });

/** Reads a picture at the size of a prior; transparent pixels are unknown. @throws ImageError, FileError */
export const readKnownPixels = async (path: string, { side, channels }: PictureSize): Promise<KnownPixels> => {
  const read = await readImage(path, { channels: 'rgba' });
  const [height, width] = read.shape;
  const { data } =
    height === side && width === side ? read : await resizeImageAsync(read, { width: side, height: side });
  const pixels = side * side;
  const values = new Float32Array(pixels * channels);
  const isKnown = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const [red, green, blue, alpha] = data.subarray(4 * i, 4 * i + 4) as object as [number, number, number, number];
    isKnown[i] = alpha >= 0.5 ? 1 : 0;
    const colours = channels === 3 ? [red, green, blue] : [0.2126 * red + 0.7152 * green + 0.0722 * blue];
    values.set(
      colours.map(value => 2 * value - 1),
      i * channels,
    );
  }
  return { values, isKnown };
};

/** The known pixels as an observation. */
export const observationOf = (
  { values, isKnown }: KnownPixels,
  centres: Float32Array,
  channels: number,
): Observation => {
  const rows = [...isKnown.keys()].filter(i => isKnown[i] === 1);
  return {
    coords: Float32Array.from(rows.flatMap(i => [...centres.subarray(2 * i, 2 * i + 2)])),
    values: Float32Array.from(rows.flatMap(i => [...values.subarray(i * channels, (i + 1) * channels)])),
  };
};

/** Values in [-1, 1] as a colour picture; unknown pixels are grey. */
export const pictureOf = (
  values: ArrayLike<number>,
  { side, channels }: PictureSize,
  isKnown: ArrayLike<number> = { length: 0 },
): Image => {
  const data = new Float32Array(side * side * 3);
  for (let i = 0; i < side * side; i++)
    for (let c = 0; c < 3; c++) {
      const value = ((values[i * channels + (channels === 3 ? c : 0)] as number) + 1) / 2;
      data[3 * i + c] = isKnown[i] === 0 ? 0.5 : Math.min(1, Math.max(0, value));
    }
  return ndarray(data, [side, side, 3]);
};

/** The pictures of a folder, in the order of their names. @throws InputError when it cannot be read or has too few */
export const readPictures = async (
  folder: string,
  size: PictureSize,
  { least, signal, report }: { least: number; signal: AbortSignal; report(done: number, total: number): void },
): Promise<Signal[]> => {
  const names = await readdir(folder).catch(async cause => {
    const isFile = await stat(folder).then(
      found => found.isFile(),
      () => false,
    );
    const problem = isFile ? 'it is a file; a prior is trained on a folder of pictures' : systemErrorReason(cause);
    throw new InputError({ what: `cannot read the folder '${folder}'`, problem }, { cause });
  });
  const pictures = names.filter(name => EXTENSIONS.includes(extname(name).toLowerCase())).sort();
  if (pictures.length < least)
    throw new InputError({
      what: `'${folder}'`,
      wanted: `at least ${least} pictures (${EXTENSIONS.join(', ')})`,
      got: String(pictures.length),
    });
  const coords = pixelCentres(size.side);
  const signals: Signal[] = [];
  for (const name of pictures) {
    signal.throwIfAborted();
    const { values } = await readKnownPixels(join(folder, name), size);
    signals.push({ coords, targets: { value: values }, label: name });
    report(signals.length, pictures.length);
  }
  return signals;
};
