import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Explanation, formatCount, InputError, resolveSize, type Size, UsageError } from '@neural-fields/app-kit';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import {
  decodeImage,
  type Image,
  ImageError,
  pixels,
  resizeImageAsync,
  type Span,
  suggestOmega,
} from '@neural-fields/signals';
import type { ImageSettings, Settings } from '../settings/fit-settings.ts';
import { type Announcer, announced } from './announce.ts';
import { type PreparedSamples, preparedSamples, type SamplesRemarks } from './prepared-samples.ts';

/** The settings by which a picture is prepared. */
type PrepareImageSettings = ImageSettings & Pick<Settings, 'grid'>;

/** The field's values for black and white, as in the SIREN authors' code. */
const RANGE: Span = [-1, 1];

const channelNames = ['grey', 'grey + alpha', 'RGB', 'RGB + alpha'] as const;

/** The spans of the axes; with `keep`, pixels are equally far apart on both. */
const spansOf = (
  width: number,
  height: number,
  { grid, aspect = 'stretch' }: PrepareImageSettings,
): readonly [Span, Span] => {
  const extents = grid === 'corner-aligned' ? [height - 1, width - 1] : [height, width];
  const longest = Math.max(...extents);
  const [y, x] = extents.map((extent): Span => {
    // The span of an axis of one pixel is never used, but must not be empty.
    const half = aspect === 'stretch' || extent === 0 ? 1 : extent / longest;
    return [-half, half];
  });
  return [y as Span, x as Span];
};

/** The target size of the picture, if it differs from its own. */
const targetSize = (
  image: Image,
  size: Size | undefined,
): { readonly width: number; readonly height: number } | undefined => {
  const [height, width] = image.shape as [number, number, number];
  if (size === undefined) return undefined;
  if ('longest' in size && size.longest >= Math.max(width, height)) return undefined;
  const target = resolveSize(size, width, height);
  if (target.width > width || target.height > height)
    throw new UsageError({
      what: `--size ${target.width}x${target.height}`,
      problem: `it is larger than the image of ${width}x${height}`,
      hint: 'fit only shrinks; render takes any size',
    });
  return target.width === width && target.height === height ? undefined : target;
};

/** A picture in memory, as a signal. */
export const signalFromImage = (
  image: Image,
  settings: PrepareImageSettings,
  remarks: SamplesRemarks = {},
): Promise<PreparedSamples> => {
  const [height, width, channels] = image.shape as [number, number, ImageDescription['channels']];
  const spans = spansOf(width, height, settings);
  const description: ImageDescription = {
    kind: 'image',
    width,
    height,
    channels,
    convention: settings.grid,
    spans,
    range: RANGE,
  };
  const points = pixels(image, { convention: settings.grid, spans, range: RANGE });
  const grid = { convention: settings.grid, spans };
  return preparedSamples(description, points, { ...remarks, suggestOmega: () => suggestOmega(image, grid) });
};

/** What is wrong, in terms of the command line. */
const explanationOfImage = ({ problem, reason, parts: { limit, got } }: ImageError): Explanation => {
  if (limit !== undefined)
    return { wanted: `up to ${formatCount(limit.value)} pixels`, got, hint: '--max-pixels reads more' };
  if (got !== undefined) return { wanted: 'PNG, JPEG, WebP, AVIF, WAV, PLY, OBJ, STL or XYZ', got };
  const isDamaged = problem === 'damaged' || problem === 'truncated';
  return { problem: reason, hint: isDamaged ? '--allow-damaged reads what can be read' : undefined };
};

/** The hash of a file's bytes. */
export const hashFile = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Adds the file's name, and a hint, to an error of the decoder. */
const explain = (path: string, error: unknown): unknown => {
  if (!(error instanceof ImageError)) return error;
  return new InputError({ what: `cannot read '${path}'`, ...explanationOfImage(error) }, { cause: error });
};

/**
 * Reads a picture as a signal.
 *
 * @throws InputError when the bytes are not a picture, or it has only one pixel; UsageError when it would be enlarged
 */
export const prepareImage = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  settings: PrepareImageSettings,
  announcer: Announcer,
): Promise<PreparedSamples> => {
  const name = basename(path);
  const { channels: wanted = 'keep', allowDamaged = false, maxPixels } = settings;
  const whole = await announced(announcer, `${name}: decoding`, onProgress =>
    decodeImage(bytes, { channels: wanted, allowDamaged, onProgress, ...(maxPixels !== undefined && { maxPixels }) }),
  ).catch(error => {
    throw explain(path, error);
  });
  const [height, width, channels] = whole.shape as [number, number, number];
  const notes = [`${name}: ${width} x ${height} pixels, ${channelNames[channels - 1]}`];
  const target = targetSize(whole, settings.size);
  const image = target
    ? await announced(announcer, `${name}: shrinking`, onProgress =>
        resizeImageAsync(whole, { ...target, kernel: 'bilinear', onProgress }),
      )
    : whole;
  if (target)
    notes.push(`shrunk from ${width} x ${height} to ${target.width} x ${target.height} pixels (bilinear, antialiased)`);
  if (image.data.length === channels)
    throw new InputError({ what: `cannot fit '${path}'`, wanted: 'at least two pixels', got: 'an image of 1 x 1' });
  const prepared = await announced(announcer, `${name}: preparing`, onProgress =>
    signalFromImage(image, settings, { notes, oddities: whole.notes, onProgress }),
  );
  return { ...prepared, fileSha256: hashFile(bytes) };
};
