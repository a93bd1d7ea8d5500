/** @file The pictures that are fitted: the bundled ones, or the user's. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { explainedWithin, InputError, resolveSize } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { photograph, readPicture } from '@neural-fields/app-kit/photograph';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import { decodeImage, type GridOptions, type Image, ImageError, resizeImage } from '@neural-fields/signals';
import type { ExperimentSettings } from '../frame/experiment.ts';

/** A picture that is fitted. */
export interface LoadedPicture {
  /** `f32[height, width, 1]` in [0, 1]. */
  readonly image: Image;
  readonly width: number;
  readonly height: number;
  /** At full resolution. */
  readonly original: Image;
  /** Of the source file. */
  readonly sha256: string;
  readonly note: string;
}

/** The SHA-256 of scikit-image's `camera.png` (512 x 512), the picture used in the independent measurements. */
export const cameraSha256 = 'b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a';

/** The grid of all pictures, as in the authors' code: the outermost pixels lie on the edges of [-1, 1]. */
export const pictureGrid: GridOptions = { convention: 'corner-aligned' };

/** The description of pictures that is stored in field files. */
export const pictureDescription = ({ width, height }: Pick<LoadedPicture, 'width' | 'height'>): ImageDescription => ({
  kind: 'image',
  width,
  height,
  channels: 1,
  convention: 'corner-aligned',
  spans: [
    [-1, 1],
    [-1, 1],
  ],
  range: [-1, 1],
});

/** The SHA-256 of some arrays, for the identity of a fit. */
export const hashNumbers = (...arrays: readonly ArrayLike<number>[]): string => {
  const hash = createHash('sha256');
  for (const array of arrays) {
    const numbers = Float32Array.from(array);
    hash.update(`${numbers.length}:`).update(new Uint8Array(numbers.buffer));
  }
  return hash.digest('hex');
};

/** Where a picture comes from. */
interface Source {
  readonly whole: Image;
  readonly name: string;
  readonly sha256: string;
  /** Anything unusual about the file, in sentences. */
  readonly oddities?: readonly string[];
}

/** A picture of the user's. */
const readFile = async (path: string): Promise<Source> => {
  const bytes = await readInput(path);
  const whole = await decodeImage(bytes, { channels: 'grey' }).catch(cause => {
    if (!(cause instanceof ImageError)) throw cause;
    throw new InputError(explainedWithin(`cannot read '${path}'`, cause), { cause });
  });
  const oddities = whole.notes.map(({ text }) => text);
  return { whole, name: basename(path), sha256: createHash('sha256').update(bytes).digest('hex'), oddities };
};

/**
 * Converts a picture to greyscale, at the size of the settings (bilinear, antialiased).
 *
 * @throws InputError when it is smaller than that size
 */
export const preparePicture = (
  { whole, name, sha256, oddities = [] }: Source,
  { size, sides }: ExperimentSettings,
): LoadedPicture => {
  const [fullHeight, fullWidth] = whole.shape as [number, number, number];
  const { width, height } = resolveSize(sides ?? { longest: size }, fullWidth, fullHeight);
  if (width > fullWidth || height > fullHeight)
    throw new InputError({
      what: name,
      wanted: `a size of at most ${fullWidth} x ${fullHeight} pixels`,
      got: `${width} x ${height}`,
    });
  if (Math.min(width, height) < 2)
    throw new InputError({ what: name, wanted: 'at least 2 x 2 pixels', got: `${width} x ${height}` });
  const same = width === fullWidth && height === fullHeight;
  const image = same ? whole : resizeImage(whole, { width, height, kernel: 'bilinear' });
  const shrunk = same ? '' : `, shrunk to ${width} x ${height} (bilinear, antialiased)`;
  const note = [`${name}: ${fullWidth} x ${fullHeight} pixels, grey${shrunk}`, ...oddities].join('; ');
  return { image, width, height, original: whole, sha256, note };
};

/** The user's picture. @throws InputError when it cannot be read, or is smaller than the settings' size */
export const loadPictureFile = async (file: string, settings: ExperimentSettings): Promise<LoadedPicture> =>
  preparePicture(await readFile(file), settings);

/** The user's picture, or the bundled photograph. */
export const loadPicture = async (file: string | undefined, settings: ExperimentSettings): Promise<LoadedPicture> => {
  if (file !== undefined) return loadPictureFile(file, settings);
  const whole = await readPicture();
  const name = `${photograph.author}, ${photograph.title}, ${photograph.year} (${photograph.licence})`;
  return preparePicture({ whole, name, sha256: hashNumbers(whole.data) }, settings);
};
