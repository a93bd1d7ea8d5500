/** @file The spectra of a picture and of its field, as pictures. */
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { Image } from '@neural-fields/signals';
import { logarithmicPicture } from '../page/colours.ts';
import { type ImageSpectra, makeSpectra, OVERSAMPLING, spectrumScale } from '../page/image/spectra.ts';
import type { Drawn, DrawOptions, Panel } from './drawn.ts';
import { centredIn } from './panels.ts';
import { type PredictedAndMeasured, predictAndMeasure } from './predicted.ts';

/** The spectra over the picture: the original's within the frequencies of its pixels, the field's up to twice those. */
const overPicture = (spectra: ImageSpectra): readonly Panel[] => {
  const { 'spectrum-picture': picture, 'spectrum-field': field } = spectra.pictures as Readonly<
    Record<string, Image | undefined>
  >;
  const limit = [1 / OVERSAMPLING, 1 / OVERSAMPLING] as const;
  return [
    ...(picture && field ? [{ title: 'the original', image: centredIn(picture, field), limit }] : []),
    ...(field ? [{ title: 'the field, over the picture', image: field, limit }] : []),
  ];
};

/** The spectra over one period. */
const overPeriod = ({ measured, predicted, limit }: PredictedAndMeasured): readonly Panel[] => {
  const scale = spectrumScale(measured);
  const draw = ({ amplitudes, shape }: PredictedAndMeasured['measured']): Image =>
    logarithmicPicture(amplitudes, shape as [number, number], scale);
  return [
    { title: 'the field, over one period', image: draw(measured), limit },
    { title: 'predicted from its weights', image: draw(predicted), limit },
  ];
};

/** Draws the spectra of a picture; `undefined` if it is too small. @throws the reason of the signal */
export const drawPicture = async (
  field: Field,
  description: ImageDescription,
  { points, signal, report }: DrawOptions,
): Promise<Drawn | undefined> => {
  const spectra = await makeSpectra(field, description, points, signal);
  if (spectra === undefined) return undefined;
  const both = await predictAndMeasure(field, description, { signal, report });
  return {
    panels: [...overPicture(spectra), ...(both ? overPeriod(both) : [])],
    notes: [
      'frequency 0 is in the middle; the line is at the Nyquist frequency of the pixels',
      ...(both ? ['predicted: the root mean square of each amplitude over random phases'] : []),
    ],
  };
};
