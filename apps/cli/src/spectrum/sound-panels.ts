/** @file The spectra of a sound and of its field, as pictures. */
import { formatCount, formatSeconds } from '@neural-fields/app-kit';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { RadialSpectrum } from '@neural-fields/core/spectra';
import type { Image } from '@neural-fields/signals';
import { spectrumScale } from '../page/image/spectra.ts';
import { curvePanel } from './curve-panel.ts';
import type { Drawn, DrawOptions } from './drawn.ts';
import { OVERSAMPLING, soundSpectra } from './sound-spectra.ts';

/** The panels of a sound are this much wider than high. */
const SOUND_ASPECT = 2;

/** Draws the spectra of a sound; `undefined` if it is too short. @throws the reason of the signal */
export const drawSound = async (
  field: Field,
  description: AudioDescription,
  { points, size, signal, report }: DrawOptions,
): Promise<Drawn | undefined> => {
  const spectra = await soundSpectra(field, description, { points, signal, report });
  if (spectra === undefined) return undefined;
  const { sound, field: own, excerpt } = spectra;
  const nyquist = description.sampleRate / 2;
  const maxFrequency = OVERSAMPLING * nyquist;
  const scale = spectrumScale(sound ?? own);
  const draw = (spectrum: RadialSpectrum): Image =>
    curvePanel(spectrum, { width: SOUND_ASPECT * size, height: size, maxFrequency, mark: nyquist, ...scale });
  const decibels = Math.round(20 * Math.log10(scale.high / scale.low));
  const seconds = excerpt.length / description.sampleRate;
  return {
    panels: [
      ...(sound ? [{ title: 'the original', image: draw(sound) }] : []),
      { title: 'the field', image: draw(own) },
    ],
    notes: [
      `frequencies from 0 to ${formatCount(maxFrequency)} Hz, with a line at half the sample rate; amplitudes over ${decibels} dB, with lines 20 dB apart`,
      ...(excerpt.length < description.length ? [`of ${formatSeconds(seconds)}, the loudest part of that length`] : []),
    ],
  };
};
