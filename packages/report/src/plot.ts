/** @file Plots as SVG text. Colours are variables of the page's style, so that they follow its light or dark theme. */
import { type Markish, type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { seriesColours } from './style.ts';

/** The size at which the text of a plot matches that of the page, if two plots are side by side. */
const SIZE = { width: 480, height: 300 } as const;

/** Renders a plot of Observable Plot without a browser. The options override size, margins and style. */
export const drawPlot = (options: PlotOptions & { readonly marks: Markish[] }): string => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = plot({
    ...SIZE,
    document,
    marginLeft: 48,
    marginRight: 16,
    marginBottom: 40,
    marginTop: 28,
    style: { fontSize: '12px', background: 'none', color: 'currentColor', overflow: 'visible' },
    ...options,
  });
  return svg.outerHTML;
};

/**
 * The colour of a series: the first two are also those of links and marks on the page; after the last one they repeat.
 */
export const seriesColour = (index: number): string => `var(--${seriesColours[index % seriesColours.length]?.name})`;

/** A plot as a standalone file: the page's variables are replaced by colours that are legible on white and on black. */
export const standaloneSvg = (svg: string): string =>
  seriesColours.reduce(
    (text, { name, onBoth }) => text.replaceAll(`var(--${name})`, onBoth),
    svg
      .replace(/^<svg /, '<svg xmlns="http://www.w3.org/2000/svg" color="#808080" ')
      .replace(/<\/svg>$/, '<!-- neural-fields --></svg>'),
  );

/** The powers of ten in an interval: ticks of a logarithmic axis. */
export const decades = (from: number, to: number): number[] => {
  const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => 10 ** (low + i));
};
