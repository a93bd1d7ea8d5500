/** @file The page of a sound's field. */
import { formatCount, formatDecibels, formatSeconds } from '@neural-fields/app-kit';
import { type AudioDescription, describeSignal } from '@neural-fields/app-kit/signals';
import {
  compareFigure,
  escapeHtml,
  numberList,
  pictureFigure,
  plotFigure,
  section,
  soundFigure,
} from '@neural-fields/report';
import { encodeAudio } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { psnrReading } from '../image/image-page.ts';
import type { PageInput } from '../page-input.ts';
import { waveformPlot } from '../plots.ts';
import { howItLearned, howItWasMade, interactivePage, smallPicture } from '../sections.ts';
import { chooseExcerpt, type Excerpt, mono, readExcerpt, sampleExcerpt } from './excerpt.ts';
import { loudest, spectrogramOf, spectrogramPicture } from './spectrogram.ts';

/**
 * The maximum number of values of a sound that is shown and played: half a megabyte at 16 bits, and about a twentieth
 * of the time of a fit with the default settings.
 */
const MAX_VALUES = 2 ** 18;

/** A sound as a 16-bit WAV file, clipped to [-1, 1]. */
const wavOf = (samples: Float32Array, { channels, sampleRate }: AudioDescription): Uint8Array =>
  encodeAudio(
    {
      samples: ndarray(
        samples.map(value => Math.min(1, Math.max(-1, value))),
        [samples.length / channels, channels],
      ),
      sampleRate,
    },
    { sampleFormat: 'int16' },
  );

/** The largest finite absolute value. */
const peakOf = (samples: Float32Array): number =>
  samples.reduce((peak, value) => (Number.isFinite(value) ? Math.max(peak, Math.abs(value)) : peak), 0);

const excerptText = ({ start, length }: Excerpt, { length: whole, sampleRate }: AudioDescription): string =>
  length === whole
    ? ''
    : ` The page has the ${(length / sampleRate).toFixed(2)} s from ${(start / sampleRate).toFixed(2)} s on, the loudest part of that length.`;

/** The page of a sound's field. @throws the reason of the signal when it is aborted */
export const audioPage = async (input: PageInput<AudioDescription>): Promise<string> => {
  const { field, description, original, figures, backend, seconds, name, signal } = input;
  const { channels, sampleRate } = description;
  const longest = Math.max(2, Math.floor(MAX_VALUES / channels));
  const excerpt = await chooseExcerpt(description, original?.points, longest, signal);
  const ofField = await sampleExcerpt(field, description, excerpt, signal);
  const ofOriginal = original?.points && readExcerpt(description, original.points, excerpt);
  const place = { start: excerpt.start, sampleRate };
  const fieldSpectrogram = spectrogramOf(mono(ofField, channels));
  const originalSpectrogram = ofOriginal && spectrogramOf(mono(ofOriginal, channels));
  const top = loudest(originalSpectrogram ?? fieldSpectrogram);
  const fieldPicture = await smallPicture(spectrogramPicture(fieldSpectrogram, top));
  const error = ofOriginal && ofField.map((value, i) => value - (ofOriginal[i] as number));
  // All waveforms have the same scale.
  const shown = [ofField, ...(ofOriginal ? [ofOriginal] : []), ...(error ? [error] : [])];
  const peak = Math.max(...shown.map(values => peakOf(mono(values, channels)))) || 1;
  const wave = (samples: Float32Array, title: string, color: string, captionHtml = ''): string =>
    plotFigure(waveformPlot(mono(samples, channels), { ...place, peak, color }), { title, captionHtml });
  const numbers: (readonly [string, string])[] = [
    ...(figures['psnr'] === undefined ? [] : [['PSNR', formatDecibels(figures['psnr'])] as const]),
    ...(figures['snr'] === undefined ? [] : [['SNR', formatDecibels(figures['snr'])] as const]),
    ['parameters', formatCount(field.parameterCount)],
    ...(seconds === undefined ? [] : [['time to fit', formatSeconds(seconds)] as const]),
    ...(backend === undefined ? [] : [['backend', backend] as const]),
  ];
  const spectrogramCaption = `${channels === 1 ? '' : 'The mean of the channels. '}Time from left to right, frequency from 0 to ${formatCount(sampleRate / 2)} Hz upwards; the colours span 80 dB; Hann window.`;
  const bodyHtml = `<h1>${escapeHtml(name)}</h1>
<p class="lead">A neural field of ${escapeHtml(describeSignal(description))}: a network that maps a time to the amplitude of the waveform.${
    original?.points ? '' : ' The original is not available, so only the field is shown.'
  }</p>
${numberList(numbers)}
${section(
  'Listen',
  `<p>At 16 bits.${excerptText(excerpt, description)}</p>
<div class="figures two plots">
${ofOriginal ? soundFigure(wavOf(ofOriginal, description), { title: 'Original', captionHtml: '' }) : ''}
${soundFigure(wavOf(ofField, description), { title: 'Field', captionHtml: '' })}
</div>`,
)}
${section(
  'Waveforms',
  `<div class="figures two plots">
${ofOriginal ? wave(ofOriginal, 'Original', 'second') : ''}
${wave(ofField, 'Field', 'first')}
${error ? wave(error, 'Error', 'third', 'The field minus the original, on the same scale.') : ''}
</div>`,
)}
${section(
  'Spectrogram',
  originalSpectrogram
    ? compareFigure({
        title: 'Original and field',
        captionHtml: spectrogramCaption,
        left: { bytes: await smallPicture(spectrogramPicture(originalSpectrogram, top)), name: 'Original' },
        right: { bytes: fieldPicture, name: 'Field' },
      })
    : pictureFigure(fieldPicture, { title: 'Field', captionHtml: spectrogramCaption }),
)}
${howItLearned(input, psnrReading(input))}
${howItWasMade(input)}`;
  return interactivePage(
    figures['snr'] === undefined ? name : `${name}: SNR ${formatDecibels(figures['snr'])}`,
    bodyHtml,
  );
};
