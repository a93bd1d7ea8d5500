/** @file The spectra of an image and of its field, which is sampled more densely. */
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import {
  type AmplitudeSpectrum,
  amplitudeSpectrum,
  hannWindow,
  type RadialSpectrum,
  radialSpectrum,
} from '@neural-fields/core/spectra';
import type { Image, PointSet } from '@neural-fields/signals';
import { logarithmicPicture } from '../colours.ts';
import { brightness, sizeOf } from './image-maths.ts';
import { readPixels } from './original-pixels.ts';
import { gridOver, type PixelBox, sampleGrid } from './pixel-grid.ts';

/** The field is sampled this many times as densely as the pixels, to show frequencies beyond the pixels' own. */
export const OVERSAMPLING = 2;

/** The maximum side length of the part that is analysed, in pixels. */
const LONGEST = 256;

/** The darkest colour stands for this fraction of the largest amplitude. */
const DARKEST = 1e-6 ** 0.75;

/** The highest frequency that a grid of pixels can represent, in cycles per pixel. */
export const NYQUIST = 0.5;

/** Spectra in cycles per pixel. */
export interface ImageSpectra {
  /** Absent if the original is not available. */
  readonly picture?: RadialSpectrum;
  readonly field: RadialSpectrum;
  /** Named `spectrum-...`. */
  readonly pictures: Readonly<Record<string, Image>>;
  /** Whether they cover only the middle of the image. */
  readonly isPart: boolean;
}

/** The range of the colours of a spectrum. */
export const spectrumScale = ({
  amplitudes,
}: Pick<AmplitudeSpectrum, 'amplitudes'>): { readonly low: number; readonly high: number } => {
  const high = Math.max(
    amplitudes.reduce((a, b) => Math.max(a, b), 0),
    1e-12,
  );
  return { low: high * DARKEST, high };
};

const middleBox = ({ width, height }: ImageDescription): PixelBox => {
  const size = { width: Math.min(LONGEST, width), height: Math.min(LONGEST, height) };
  return { x: (width - size.width) >> 1, y: (height - size.height) >> 1, ...size };
};

const spectrumOf = (image: Image, spacing: number): AmplitudeSpectrum => {
  const { data } = brightness(image);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return amplitudeSpectrum(
    { data: data.map(value => value - mean), shape: [...sizeOf(image)] },
    { spacing, window: hannWindow },
  );
};

/** The spectra of the middle of an image. @throws the reason of `signal` when it is aborted */
export const makeSpectra = async (
  field: Field,
  description: ImageDescription,
  points: PointSet | undefined,
  signal: AbortSignal,
): Promise<ImageSpectra | undefined> => {
  const box = middleBox(description);
  // A Hann window over one or two samples is zero everywhere.
  if (Math.min(box.width, box.height) < 4) return undefined;
  const size = { width: box.width * OVERSAMPLING, height: box.height * OVERSAMPLING };
  const drawn = await sampleGrid(field, description, gridOver(description, box, size), { quantity: 'value', signal });
  const ofField = spectrumOf(drawn, 1 / OVERSAMPLING);
  const ofPicture = points && spectrumOf(readPixels(description, points, box), 1);
  const scale = spectrumScale(ofPicture ?? ofField);
  const picture = ({ amplitudes, shape }: typeof ofField): Image =>
    logarithmicPicture(amplitudes, shape as [number, number], scale);
  return {
    field: radialSpectrum(ofField),
    ...(ofPicture && { picture: radialSpectrum(ofPicture) }),
    pictures: { ...(ofPicture && { 'spectrum-picture': picture(ofPicture) }), 'spectrum-field': picture(ofField) },
    isPart: box.width < description.width || box.height < description.height,
  };
};
