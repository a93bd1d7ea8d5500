/** @file The style of pages: the variables of the light and dark themes, and the classes of their parts. */

/** The colour of a series of a plot, as a variable `--name` of the page. */
interface SeriesColour {
  readonly name: string;
  readonly onLight: string;
  readonly onDark: string;
  /** In standalone plots, whose background is unknown. */
  readonly onBoth: string;
}

/**
 * The colours of series, in order. Neighbours also differ in lightness, so that most are distinguishable in grey and
 * with any colour vision.
 */
export const seriesColours: readonly SeriesColour[] = [
  { name: 'first', onLight: '#1f6f8b', onDark: '#6fc1dc', onBoth: '#2f8fae' },
  { name: 'second', onLight: '#aa5919', onDark: '#eaa35c', onBoth: '#cf7a2d' },
  { name: 'third', onLight: '#5b4a9c', onDark: '#b3a3f0', onBoth: '#8573cf' },
  { name: 'fourth', onLight: '#587a18', onDark: '#a9cc62', onBoth: '#7fa336' },
  { name: 'fifth', onLight: '#a33b62', onDark: '#ee8fb0', onBoth: '#cc5f86' },
  { name: 'sixth', onLight: '#4a545f', onDark: '#b4bdc8', onBoth: '#7f8a96' },
  { name: 'seventh', onLight: '#7f7018', onDark: '#d8c65a', onBoth: '#a8972f' },
  { name: 'eighth', onLight: '#1c7d63', onDark: '#6fd3b5', onBoth: '#35a184' },
];

const variables = (ground: 'onLight' | 'onDark'): string =>
  seriesColours.map(colour => `--${colour.name}: ${colour[ground]};`).join(' ');

/** The style of every page. */
export const style: string = `
:root {
  color-scheme: light dark;
  --ground: #faf8f4; --ink: #1d2126; --quiet: #646a73; --rule: #ddd8ce; --panel: #f1ede5;
  ${variables('onLight')}
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #15171a; --ink: #e6e3dc; --quiet: #9a9fa7; --rule: #33373d; --panel: #1d2024; ${variables('onDark')} }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; padding: clamp(1.25rem, 4vw, 4rem) clamp(1rem, 4vw, 3rem) 4rem; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 Charter, 'Bitstream Charter', 'Iowan Old Style', 'Source Serif 4', Georgia, serif;
}
main { max-width: 66rem; margin: 0 auto; }
h1 { font-size: clamp(1.9rem, 5vw, 3rem); line-height: 1.1; letter-spacing: -0.015em; margin: 0 0 1rem; font-weight: 600; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 0.4rem; font-weight: 600; }
p { margin: 0 0 0.9rem; max-width: 42rem; text-wrap: pretty; }
a { color: var(--first); text-underline-offset: 0.15em; }
section { margin-top: 3.5rem; padding-top: 1.75rem; border-top: 1px solid var(--rule); }
.lead { font-size: 1.2rem; line-height: 1.5; }
.figures { display: grid; gap: 1.5rem 1.25rem; margin-top: 1.5rem; }
.two { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.three { grid-template-columns: repeat(3, minmax(0, 1fr)); }
.four { grid-template-columns: repeat(4, minmax(0, 1fr)); }
figure { margin: 0; min-width: 0; }
section > figure { margin-top: 1.25rem; }
figure img { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--panel); }
.pixels img { image-rendering: pixelated; }
figcaption { margin-top: 0.5rem; font-size: 0.9rem; line-height: 1.45; color: var(--quiet); }
figcaption b { color: var(--ink); font-weight: 600; display: block; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem 1.5rem; margin: 2rem 0 0; padding: 0; }
.numbers div { border-top: 2px solid var(--ink); padding-top: 0.45rem; }
.numbers dt { font-size: 0.85rem; color: var(--quiet); }
.numbers dd { margin: 0; white-space: nowrap; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums lining-nums; }
.plot svg { display: block; width: 100%; height: auto; font-family: ui-sans-serif, system-ui, sans-serif; }
/* Drawings with a light ground: dark, with the same hues. */
@media (prefers-color-scheme: dark) { .drawings img { filter: invert(1) hue-rotate(180deg); } }
.marked { position: relative; }
.marked::after { content: ''; position: absolute; inset: 25%; border: 1px solid rgb(255 255 255 / 0.75); pointer-events: none; }
table { border-collapse: collapse; width: 100%; max-width: 46rem; font-size: 0.95rem; margin: 1.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid var(--rule); font-weight: 400; }
th { color: var(--quiet); width: 9rem; white-space: nowrap; }
td { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.measured { max-width: none; font-variant-numeric: tabular-nums lining-nums; }
.measured th, .measured td { width: auto; white-space: nowrap; overflow-wrap: normal; text-align: right; padding: 0.3rem 0 0.3rem 1rem; }
.measured th:first-child { text-align: left; padding-left: 0; white-space: normal; }
.measured thead th { vertical-align: bottom; border-bottom-color: var(--quiet); white-space: normal; }
code, pre { font: 0.9em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
pre { background: var(--panel); padding: 0.85rem 1rem; border-radius: 4px; margin: 0.75rem 0 1.25rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: 0.9rem; color: var(--quiet); }
@media (max-width: 46rem) {
  section { margin-top: 2.5rem; padding-top: 1.25rem; }
  .three, .four { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plots { grid-template-columns: minmax(0, 1fr); }
  .figures { gap: 1.1rem 0.8rem; }
  th { width: 6.5rem; white-space: normal; }
  .measured { font-size: 0.85rem; }
  .measured th, .measured td { padding-left: 0.6rem; }
}
`;
