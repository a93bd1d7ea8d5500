/** @file The file that a field was fitted to, read again according to the field's description. */
import { explainedWithin, InputError, plural } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { decodeShapeInput, measureShape } from '@neural-fields/app-kit/shapes';
import {
  type AudioDescription,
  describeSignal,
  type ImageDescription,
  type ShapeDescription,
  type SignalDescription,
} from '@neural-fields/app-kit/signals';
import { createRng, type Field } from '@neural-fields/core';
import { applySimilarity, isMesh, type PointCloud, ShapeError, sampleMesh } from '@neural-fields/shapes';
import {
  AudioError,
  audioSamples,
  decodeAudio,
  decodeImage,
  ImageError,
  type PointSet,
  pixels,
  resizeImageAsync,
} from '@neural-fields/signals';
import type { ReadingSettings } from '../files/field-metadata.ts';
import { partOfAudio } from './prepare-audio.ts';
import { hashFile } from './prepare-image.ts';
import { hashShape } from './prepare-shape.ts';
import { hashSamples } from './prepared-samples.ts';
import type { PreparedSignal } from './prepared-signal.ts';
import { measureQuality } from './quality.ts';

/** The original of a field, and how well the field has learned it. */
export interface Original extends Pick<PreparedSignal, 'points' | 'shape' | 'sha256' | 'fileSha256'> {
  /** What the user should know about the file. */
  readonly warnings: readonly string[];
  /** Figures by name. @throws the reason of `signal` when it is aborted */
  measure(field: Field, signal: AbortSignal): Promise<Readonly<Record<string, number>>>;
}

const differs = (path: string, description: SignalDescription, found: string): InputError =>
  new InputError({ what: `--source '${path}'`, wanted: describeSignal(description), got: found });

const ofPoints = async (description: ImageDescription | AudioDescription, points: PointSet): Promise<Original> => ({
  points,
  warnings: [],
  sha256: await hashSamples(description, points),
  measure: async (field, signal) => ({ ...(await measureQuality(field, points, signal)) }),
});

const readImage = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  description: ImageDescription,
  { allowDamaged = false, maxPixels }: ReadingSettings,
): Promise<Original> => {
  const { width, height, channels, convention, spans, range } = description;
  const wanted = channels === 1 ? 'grey' : channels === 3 ? 'rgb' : 'keep';
  const whole = await decodeImage(bytes, {
    channels: wanted,
    allowDamaged,
    ...(maxPixels !== undefined && { maxPixels }),
  });
  const [rows, columns, found] = whole.shape as [number, number, number];
  if (found !== channels || columns < width || rows < height)
    throw differs(path, description, `${columns} x ${rows} pixels, ${plural(found, 'channel')}`);
  const isSmaller = columns > width || rows > height;
  const image = isSmaller ? await resizeImageAsync(whole, { width, height, kernel: 'bilinear' }) : whole;
  const original = await ofPoints(description, pixels(image, { convention, spans, range }));
  return { ...original, fileSha256: hashFile(bytes), warnings: whole.notes.map(({ text }) => text) };
};

const readSound = (path: string, bytes: Uint8Array<ArrayBuffer>, description: AudioDescription): Promise<Original> => {
  const whole = decodeAudio(bytes);
  const [total, channels] = whole.samples.shape as [number, number];
  const { spans, convention, range, length, offset } = description;
  const isPart = offset !== undefined;
  if (channels !== description.channels || (isPart ? offset + length > total : length !== total))
    throw differs(path, description, `${plural(total, 'sample')}, ${plural(channels, 'channel')}`);
  const sound = isPart ? partOfAudio(whole, { first: offset, count: length }) : whole;
  const amplitude = range[1] === 1 ? 'keep' : 'peak';
  return ofPoints(description, audioSamples(sound, { coordinateRange: spans[0], convention, amplitude }));
};

/** The number of points of a mesh against which a field is measured. */
const MEASURED = 16_384;

const readShape = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  description: ShapeDescription,
): Promise<Original> => {
  const whole = await decodeShapeInput(path, bytes);
  if (whole === undefined) throw differs(path, description, 'a file without a shape');
  const { similarity } = description;
  const shape = applySimilarity(whole, similarity);
  const cloud = isMesh(shape) ? sampleMesh(shape, { count: MEASURED, rng: createRng(1), normals: 'face' }) : shape;
  const { normals } = cloud;
  return {
    shape,
    warnings: [],
    sha256: hashShape(whole),
    measure: async (field, signal) =>
      normals === undefined
        ? {}
        : { ...(await measureShape(field, { ...(cloud as PointCloud), normals }, similarity, signal)) },
  };
};

/**
 * Reads the file that a field was fitted to.
 *
 * @param settings those of the fit, if they are known
 * @throws InputError when it cannot be read, or is not a signal that matches the description
 */
export const readOriginal = async (
  path: string,
  description: SignalDescription,
  settings: ReadingSettings = {},
): Promise<Original> => {
  const bytes = await readInput(path, { maxBytes: settings.maxBytes });
  try {
    switch (description.kind) {
      case 'image':
        return await readImage(path, bytes, description, settings);
      case 'audio':
        return await readSound(path, bytes, description);
      case 'shape':
        return await readShape(path, bytes, description);
    }
  } catch (error) {
    if (!(error instanceof ImageError || error instanceof AudioError || error instanceof ShapeError)) throw error;
    const what = `cannot read --source '${path}' as ${describeSignal(description)}`;
    throw new InputError(explainedWithin(what, error), { cause: error });
  }
};
