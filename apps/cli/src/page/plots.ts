/**
 * @file The plots of the page, as SVG text. Their colours are variables of the page's style, so that they follow light
 * and dark mode.
 */

import type { RadialSpectrum } from '@neural-fields/core/spectra';
import { decades, drawPlot } from '@neural-fields/report';
import { areaY, axisX, axisY, dot, gridY, line, ruleX, text } from '@observablehq/plot';

/** Formats `1e−3`. */
const exponential = (value: number): string => value.toExponential(0).replace('e-', 'e−').replace('e+', 'e');

/** Thins points out evenly to at most `limit`, and keeps the last one. */
const thin = <T>(points: readonly T[], limit: number): T[] => {
  const every = Math.max(1, Math.ceil(points.length / limit));
  return points.filter((_, i) => (points.length - 1 - i) % every === 0);
};

/** A value of the training curve. */
export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** What a training curve shows. */
export interface CurveOptions {
  /** The label of the y axis, e.g. `PSNR (dB)`. */
  readonly label: string;
  /** A logarithmic y axis; false if absent. */
  readonly isLogarithmic?: boolean;
  /** The final value over the whole signal, and its text. */
  readonly final?: { readonly value: number; readonly text: string };
  /** The steps at which there are pictures beside the curve: drawn as a group of lines of the class `steps`. */
  readonly pictureSteps?: readonly number[];
}

/** The maximum number of points drawn. */
const MAX_POINTS = 600;
/** The number of neighbours on each side in the running median, which smooths the noise of mini-batches. */
const MEDIAN_REACH = 4;

const medians = (points: readonly CurvePoint[]): CurvePoint[] =>
  points.map(({ step }, i) => {
    const near = points.slice(Math.max(0, i - MEDIAN_REACH), i + MEDIAN_REACH + 1).map(({ value }) => value);
    return { step, value: near.sort((a, b) => a - b)[Math.floor(near.length / 2)] as number };
  });

/** A value over the steps of a fit: single steps as dots, the running median as a line, the final value on its own. */
export const curvePlot = (points: readonly CurvePoint[], options: CurveOptions): string => {
  const { label, isLogarithmic = false, final, pictureSteps = [] } = options;
  const finite = points.filter(({ value }) => Number.isFinite(value) && (!isLogarithmic || value > 0));
  const shown = thin(finite, MAX_POINTS);
  const last = finite.at(-1)?.step ?? 0;
  const ends = final && Number.isFinite(final.value) ? [{ step: last, value: final.value }] : [];
  const values = shown.map(({ value }) => value);
  const powers = isLogarithmic ? decades(Math.min(...values), Math.max(...values)) : [];
  // If the range covers fewer than two powers of ten, Plot chooses the ticks.
  const ticks = powers.length > 1 ? powers : 6;
  return drawPlot({
    x: { nice: true },
    y: isLogarithmic ? { type: 'log' } : { nice: true },
    marks: [
      gridY({ stroke: 'currentColor', strokeOpacity: 0.12, ticks }),
      axisX({ label: 'step', labelAnchor: 'right', tickSize: 0, ticks: 6 }),
      axisY({ label, tickSize: 0, ticks, ...(isLogarithmic && { tickFormat: exponential }) }),
      ...(pictureSteps.length > 0
        ? [
            ruleX(
              pictureSteps.map(step => ({ step })),
              { x: 'step', className: 'steps' },
            ),
          ]
        : []),
      dot(shown, { x: 'step', y: 'value', r: 1.2, fill: 'var(--first)', fillOpacity: 0.35 }),
      line(medians(shown), { x: 'step', y: 'value', stroke: 'var(--first)', strokeWidth: 2 }),
      dot(ends, { x: 'step', y: 'value', r: 4, fill: 'var(--second)' }),
      text(ends, {
        x: 'step',
        y: 'value',
        text: () => final?.text ?? '',
        dx: -8,
        dy: -10,
        textAnchor: 'end',
        fill: 'currentColor',
        fontWeight: 600,
      }),
    ],
  });
};

const rows = (
  { frequencies, amplitudes }: RadialSpectrum,
  name: string,
): { frequency: number; amplitude: number; name: string }[] =>
  [...frequencies]
    .map((frequency, i) => ({ frequency, amplitude: amplitudes[i] as number, name }))
    .filter(({ frequency, amplitude }) => frequency > 0 && amplitude > 0 && Number.isFinite(amplitude));

/** The mean amplitude by frequency, in cycles per pixel, of a field and, if available, of its image. */
export const spectrumPlot = (picture: RadialSpectrum | undefined, field: RadialSpectrum, nyquist: number): string => {
  const all = [...(picture ? rows(picture, 'original') : []), ...rows(field, 'field')];
  const bottom = all.reduce((a, { amplitude }) => Math.min(a, amplitude), Number.POSITIVE_INFINITY);
  const top = all.reduce((a, { amplitude }) => Math.max(a, amplitude), 0);
  const ends = ['original', 'field'].flatMap(name => all.filter(row => row.name === name).slice(-1));
  const powers = decades(bottom, top);
  return drawPlot({
    x: { nice: false },
    y: { type: 'log' },
    color: { domain: ['original', 'field'], range: ['var(--second)', 'var(--first)'] },
    marks: [
      gridY(powers, { stroke: 'currentColor', strokeOpacity: 0.12 }),
      axisX({ label: 'cycles per pixel', labelAnchor: 'right', tickSize: 0, ticks: 6 }),
      axisY(powers, { label: 'mean amplitude', tickSize: 0, tickFormat: exponential }),
      ruleX([nyquist], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '3,3' }),
      text([{ x: nyquist, y: top }], {
        x: 'x',
        y: 'y',
        text: () => 'Nyquist frequency',
        dx: 6,
        textAnchor: 'start',
        fill: 'currentColor',
      }),
      line(all, { x: 'frequency', y: 'amplitude', stroke: 'name', strokeWidth: 2 }),
      text(ends, {
        x: 'frequency',
        y: 'amplitude',
        text: 'name',
        fill: 'name',
        dx: 4,
        dy: -14,
        textAnchor: 'end',
        fontWeight: 600,
      }),
    ],
  });
};

/** Formats `−0.15`. */
const signed = (value: number): string => String(Number(value.toPrecision(2))).replace('-', '−');

/** The maximum number of columns of a waveform. */
const WAVE_COLUMNS = 400;

/** The options of {@link waveformPlot}. */
export interface WaveformOptions {
  /** The index in the sound of the first sample shown. */
  readonly start: number;
  readonly sampleRate: number;
  /** The limit of the y axis, as an absolute value. */
  readonly peak: number;
  /** A colour of the page, e.g. `first`. */
  readonly color: string;
}

/** The minimum and maximum sample in each part of a sound `f32[n]`, over time. */
export const waveformPlot = (samples: Float32Array, { start, sampleRate, peak, color }: WaveformOptions): string => {
  const columns = Math.min(WAVE_COLUMNS, samples.length);
  const parts = Array.from({ length: columns }, (_, i) => {
    const from = Math.floor((i * samples.length) / columns);
    const part = samples.subarray(from, Math.max(from + 1, Math.floor(((i + 1) * samples.length) / columns)));
    const low = part.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const high = part.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return { time: (start + from) / sampleRate, low, high };
  });
  return drawPlot({
    height: 160,
    y: { domain: [-peak, peak] },
    marks: [
      axisX({ label: 'seconds', labelAnchor: 'right', tickSize: 0, ticks: 6 }),
      axisY({ label: null, tickSize: 0, ticks: [-peak, 0, peak], tickFormat: signed }),
      areaY(parts, {
        x: 'time',
        y1: 'low',
        y2: 'high',
        fill: `var(--${color})`,
        stroke: `var(--${color})`,
        strokeWidth: 0.75,
      }),
    ],
  });
};
