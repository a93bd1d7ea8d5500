/**
 * @file The plots of the page, as SVG text. Colours are variables of the page's style, so that they follow light and
 * dark.
 */

import type { CoursePoint } from '@neural-fields/app-kit/fitting';
import type { RadialSpectrum } from '@neural-fields/core/spectra';
import { drawPlot } from '@neural-fields/report';
import { axisX, axisY, dot, gridY, line, ruleX, text } from '@observablehq/plot';

/** At most `limit` of the points, evenly, the last among them. */
const thin = <T>(points: readonly T[], limit: number): T[] => {
  const every = Math.max(1, Math.ceil(points.length / limit));
  return points.filter((_, i) => (points.length - 1 - i) % every === 0);
};

/** One step of the demonstration's course. */
export interface QualityPoint extends CoursePoint {
  /** In decibels, over the points of the step, before its update. */
  readonly psnr: number;
}

/** The medians of windows: mini-batches make the PSNR jump about. */
const smooth = (points: readonly QualityPoint[], window: number): { step: number; psnr: number }[] =>
  points.map(({ step }, i) => {
    const near = points.slice(Math.max(0, i - window), i + window + 1).map(({ psnr }) => psnr);
    return { step, psnr: near.sort((a, b) => a - b)[Math.floor(near.length / 2)] as number };
  });

/** The PSNR over the steps, and at the end over all pixels. */
export const psnrPlot = (points: readonly QualityPoint[], final: number): string => {
  const finite = points.filter(({ psnr }) => Number.isFinite(psnr));
  const last = finite.at(-1)?.step ?? 0;
  return drawPlot({
    x: { nice: true },
    y: { nice: true },
    marks: [
      gridY({ stroke: 'currentColor', strokeOpacity: 0.12 }),
      axisX({ label: 'step', labelAnchor: 'right', tickSize: 0, ticks: 6 }),
      axisY({ label: 'PSNR (dB)', tickSize: 0, ticks: 6 }),
      dot(thin(finite, 600), { x: 'step', y: 'psnr', r: 1.2, fill: 'var(--first)', fillOpacity: 0.35 }),
      line(smooth(thin(finite, 600), 4), { x: 'step', y: 'psnr', stroke: 'var(--first)', strokeWidth: 2 }),
      ...(Number.isFinite(final)
        ? [
            dot([{ step: last, psnr: final }], { x: 'step', y: 'psnr', r: 4, fill: 'var(--second)' }),
            text([{ step: last, psnr: final }], {
              x: 'step',
              y: 'psnr',
              text: () => `${final.toFixed(1)} dB`,
              dx: -8,
              dy: -10,
              textAnchor: 'end',
              fill: 'currentColor',
              fontWeight: 600,
            }),
          ]
        : []),
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

/** The mean amplitudes by frequency of the picture and of the field, whose samples are closer. */
export const spectrumPlot = (picture: RadialSpectrum, field: RadialSpectrum, nyquist: number): string => {
  const all = [...rows(picture, 'picture'), ...rows(field, 'field')];
  const bottom = all.reduce((a, { amplitude }) => Math.min(a, amplitude), Number.POSITIVE_INFINITY);
  const top = all.reduce((a, { amplitude }) => Math.max(a, amplitude), 0);
  const ends = ['picture', 'field'].flatMap(name => all.filter(row => row.name === name).slice(-1));
  const decades = [...Array(20).keys()].map(i => 10 ** -i).filter(value => value >= bottom && value <= top);
  return drawPlot({
    x: { nice: false },
    y: { type: 'log' },
    color: { domain: ['picture', 'field'], range: ['var(--second)', 'var(--first)'] },
    marks: [
      gridY(decades, { stroke: 'currentColor', strokeOpacity: 0.12 }),
      axisX({ label: 'cycles per side of the picture', labelAnchor: 'right', tickSize: 0, ticks: 6 }),
      axisY(decades, {
        label: 'mean amplitude',
        tickSize: 0,
        tickFormat: (value: number) => value.toExponential(0).replace('e-', 'e−'),
      }),
      ruleX([nyquist], { stroke: 'currentColor', strokeOpacity: 0.5, strokeDasharray: '3,3' }),
      text([{ x: nyquist, y: top }], {
        x: 'x',
        y: 'y',
        text: () => 'limit of the pixels',
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
