import { basename } from 'node:path';
import { decodeImage, type GridConvention, type Image, ImageError, pixels, resizeImage, type Span } from '@neural-fields/signals';
import { InputError, UsageError } from '../errors.ts';
import { resolveSize, type Size } from '../options/size.ts';
import { type PreparedSamples, preparedSamples } from './prepared-samples.ts';
import type { ImageDescription } from './signal-description.ts';

/** How a picture is prepared. */
export interface PrepareImageOptions {
  /** Shrink to this before fitting. */
  readonly size?: Size;
  readonly channels: 'grey' | 'rgb' | 'keep';
  readonly convention: GridConvention;
  readonly aspect: 'stretch' | 'keep';
}

/** The field's values for black and white, as in the SIREN authors' code. */
const RANGE: Span = [-1, 1];

const channelNames = ['grey', 'grey + alpha', 'RGB', 'RGB + alpha'] as const;

/** The axes' spans: `keep` makes a step as long on both. */
const spansOf = (width: number, height: number, { convention, aspect }: PrepareImageOptions): readonly [Span, Span] => {
  const extents = convention === 'corner-aligned' ? [height - 1, width - 1] : [height, width];
  const longest = Math.max(...extents);
  const [y, x] = extents.map((extent): Span => {
    // An axis of one pixel has a span that nobody will use, and may not be empty.
    const half = aspect === 'stretch' || extent === 0 ? 1 : extent / longest;
    return [-half, half];
  });
  return [y as Span, x as Span];
};

const shrink = (image: Image, size: Size | undefined, notes: string[]): Image => {
  const [height, width] = image.shape as [number, number, number];
  if (size === undefined) return image;
  if ('longest' in size && size.longest >= Math.max(width, height)) return image;
  const target = resolveSize(size, width, height);
  if (target.width > width || target.height > height)
    throw new UsageError(
      `--size ${target.width}x${target.height} is larger than the image of ${width}x${height}; fitting only shrinks (render makes any size)`,
    );
  if (target.width === width && target.height === height) return image;
  notes.push(`shrunk from ${width} x ${height} to ${target.width} x ${target.height} pixels (bilinear, antialiased)`);
  return resizeImage(image, { ...target, kernel: 'bilinear' });
};

/** A picture in memory, as a signal. `notes` say what was done to it before. */
export const signalFromImage = (image: Image, options: PrepareImageOptions, notes: readonly string[] = []): PreparedSamples => {
  const [height, width, channels] = image.shape as [number, number, ImageDescription['channels']];
  const spans = spansOf(width, height, options);
  const description: ImageDescription = {
    kind: 'image',
    width,
    height,
    channels,
    convention: options.convention,
    spans,
    range: RANGE,
  };
  const points = pixels(image, { convention: options.convention, spans, range: RANGE });
  return preparedSamples(description, points, notes);
};

/**
 * Reads a picture as a signal.
 *
 * @throws InputError when it has one pixel, ImageError when the bytes are not a picture, UsageError when it would have to grow
 */
export const prepareImage = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  options: PrepareImageOptions,
): Promise<PreparedSamples> => {
  const whole = await decodeImage(bytes, { channels: options.channels }).catch(error => {
    if (!(error instanceof ImageError)) throw error;
    const found = error.message.replace(/^\w+: /, '');
    const wanted = found.replace('wanted PNG, JPEG, WebP or AVIF', 'wanted PNG, JPEG, WebP, AVIF, WAV, PLY, OBJ, STL or XYZ');
    throw new InputError(`cannot read '${path}': ${wanted}`, { cause: error });
  });
  const [height, width, channels] = whole.shape as [number, number, number];
  const notes = [`${basename(path)}: ${width} x ${height} pixels, ${channelNames[channels - 1]}`];
  const image = shrink(whole, options.size, notes);
  if (image.data.length === channels)
    throw new InputError(`cannot fit '${path}': an image of 1 x 1 pixel has nothing to learn; it needs at least two pixels`);
  return signalFromImage(image, options, notes);
};
