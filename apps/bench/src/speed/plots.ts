/** @file The plots of the page. Each peer has the same colour in all of them. */
import { formatCount } from '@neural-fields/app-kit';
import { decades, drawPlot, seriesColour } from '@neural-fields/report';
import { axisX, axisY, barX, dot, gridY, line, text } from '@observablehq/plot';
import { formatMemory, formatTime } from './describe.ts';

/** A point of a line. */
export interface Sample {
  readonly peer: string;
  /** Points or width. */
  readonly size: number;
  /** Seconds or bytes. */
  readonly value: number;
}

/** The peers in the order of their colours. */
export type Colours = readonly string[];

/** The colour of a peer on the page. */
export const colourOf = (peer: string, colours: Colours): string => seriesColour(colours.indexOf(peer));

/** The width of a character of the peers' names. */
const CHARACTER = 6.6;

/** Bars of step times, the fastest first. */
export const timeBars = (samples: readonly Sample[], colours: Colours): string => {
  const sorted = [...samples].sort((a, b) => a.value - b.value);
  const longest = Math.max(...sorted.map(({ value }) => value));
  return drawPlot({
    height: 8 + 30 * sorted.length,
    marginTop: 4,
    marginBottom: 4,
    marginLeft: Math.max(78, 12 + CHARACTER * Math.max(...sorted.map(({ peer }) => peer.length))),
    marginRight: 64,
    x: { domain: [0, longest], axis: null },
    y: { domain: sorted.map(({ peer }) => peer), label: null },
    marks: [
      axisY({ tickSize: 0, label: null }),
      barX(sorted, {
        x: 'value',
        y: 'peer',
        fill: ({ peer }: Sample) => colourOf(peer, colours),
        insetTop: 2,
        insetBottom: 2,
      }),
      text(sorted, {
        x: 'value',
        y: 'peer',
        text: ({ value }: Sample) => formatTime(value),
        textAnchor: 'start',
        dx: 5,
        fill: 'currentColor',
      }),
    ],
  });
};

/** The axes of {@link scalingPlot}. */
export interface ScalingOptions {
  readonly size: string;
  readonly quantity: 'time' | 'memory';
  readonly colours: Colours;
}

/** Powers of ten, or the two ends if there is at most one power between them: a single tick shows no scale. */
const ticksOf = (values: readonly number[]): number[] => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const powers = decades(low, high);
  return powers.length > 1 ? powers : [...new Set([low, high])];
};

/** No limit: otherwise d3 omits labels of logarithmic ticks when it finds them too many. */
const ALL = Number.POSITIVE_INFINITY;

/** `1 s` of `1.00 s`. */
const shorten = (text: string): string => text.replace(/\.?0+(?= )/, found => (found.startsWith('.') ? '' : found));

/** Lines over sizes on logarithmic axes, where a power law is a straight line. */
export const scalingPlot = (samples: readonly Sample[], { size, quantity, colours }: ScalingOptions): string => {
  const format = quantity === 'time' ? formatTime : formatMemory;
  const values = samples.map(({ value }) => (quantity === 'time' ? value : value / 2 ** 20));
  // Powers of ten in the displayed unit.
  const ticks = ticksOf(values).map(tick => (quantity === 'time' ? tick : tick * 2 ** 20));
  const sizes = [...new Set(samples.map(sample => sample.size))].sort((a, b) => a - b);
  return drawPlot({
    marginLeft: 62,
    x: { type: 'log' },
    y: { type: 'log' },
    marks: [
      gridY(ticks, { stroke: 'currentColor', strokeOpacity: 0.12 }),
      axisX(sizes, { label: size, ticks: ALL, labelAnchor: 'right', tickSize: 0, tickFormat: formatCount }),
      axisY(ticks, {
        ticks: ALL,
        label: quantity === 'time' ? 'a step' : 'memory',
        tickSize: 0,
        tickFormat: (value: number) => shorten(format(value)),
      }),
      line(samples, {
        x: 'size',
        y: 'value',
        z: 'peer',
        stroke: ({ peer }: Sample) => colourOf(peer, colours),
        strokeWidth: 2,
      }),
      dot(samples, { x: 'size', y: 'value', r: 3, fill: ({ peer }: Sample) => colourOf(peer, colours) }),
    ],
  });
};
