/** @file The pictures that are fitted: those that come with the program, or the user's. */
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
  /** In full resolution. */
  readonly original: Image;
  /** Of the file it came from. */
  readonly sha256: string;
  readonly note: string;
}

/** The SHA-256 of scikit-image's `camera.png` (512 x 512), the picture of independent measurements. */
export const cameraSha256 = 'b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a';

/** The grid of all pictures: the authors', with the outermost pixels on the edges of [-1, 1]. */
export const pictureGrid: GridOptions = { convention: 'corner-aligned' };

/** The pictures' description in the files of fields. */
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

/** The SHA-256 of some numbers, for a fit's identity. */
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
  /** What was odd about the file, in sentences. */
  readonly oddities?: readonly string[];
}

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
 * Prepares a picture: grey, at the size of the settings (bilinear, antialiased).
 *
 * @throws InputError when it is smaller than that
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

/** The user's picture, or the photograph that comes with the program. */
export const loadPicture = async (file: string | undefined, settings: ExperimentSettings): Promise<LoadedPicture> => {
  if (file !== undefined) return preparePicture(await readFile(file), settings);
  const whole = await readPicture();
  const name = `${photograph.author}, ${photograph.title}, ${photograph.year} (${photograph.licence})`;
  return preparePicture({ whole, name, sha256: hashNumbers(whole.data) }, settings);
};
