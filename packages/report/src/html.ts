/**
 * @file Parts of a page. Arguments whose names end in `html` are inserted as markup; all others are text and are
 *   escaped.
 */

import { dataAddress } from './data-address.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Control characters except tab and line feed, bidirectional controls, and unpaired surrogates, all of which file names
 * may contain.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the pattern searches for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const visible = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Escapes text for markup, including quoted attributes. Characters that are invisible or reorder text are shown as
 * `\u202e`.
 */
export const escapeHtml = (text: string): string =>
  text.replace(UNSEEN, visible).replace(/[&<>"']/g, character => escapes[character] as string);

/** A link to a file or an address. */
export const link = (address: string, text: string = address): string =>
  `<a href="${escapeHtml(address)}">${escapeHtml(text)}</a>`;

/** A picture with its title and a caption as markup. */
export interface PictureOptions {
  readonly title: string;
  readonly captionHtml: string;
  /** Whether to frame the middle half of the picture; false if absent. */
  readonly marked?: boolean;
}

/** A figure with an embedded picture, from the bytes of a PNG, JPEG or WebP file. */
export const pictureFigure = (bytes: Uint8Array, { title, captionHtml, marked = false }: PictureOptions): string => {
  const image = `<img src="${dataAddress(bytes)}" alt="${escapeHtml(title)}">`;
  const shown = marked ? `<div class="marked">${image}</div>` : image;
  return `<figure>${shown}<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption></figure>`;
};

/** A plot, the SVG text of `drawPlot`, as one picture with a name. */
export const namedPlot = (svg: string, name: string): string =>
  svg.replace(/^<svg /, `<svg role="img" aria-label="${escapeHtml(name)}" `);

/** A figure with a plot, the SVG text of `drawPlot`, its title and a caption as markup. */
export const plotFigure = (svg: string, { title, captionHtml }: Omit<PictureOptions, 'marked'>): string =>
  `<figure class="plot">${namedPlot(svg, title)}<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption></figure>`;

/** Key figures side by side, each with its name. */
export const numberList = (numbers: readonly (readonly [name: string, value: string])[]): string =>
  `<dl class="numbers">
${numbers.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('\n')}
</dl>`;

/** A table of names and descriptions, both as markup. */
export const propertyTable = (rows: readonly (readonly [nameHtml: string, html: string])[]): string =>
  `<table>
${rows.map(([nameHtml, html]) => `<tr><th scope="row">${nameHtml}</th><td>${html}</td></tr>`).join('\n')}
</table>`;

/** A table of numbers. The first column is aligned left, all others right, with digits of equal width. */
export interface FigureTable {
  readonly header: readonly string[];
  /** Text. */
  readonly rows: readonly (readonly string[])[];
}

/** A table of numbers, which scrolls horizontally if the page is too narrow. */
export const figureTable = ({ header, rows }: FigureTable): string => {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const name = tag === 'th' || column === 0 ? 'th' : 'td';
        const scope = tag === 'th' ? ' scope="col"' : column === 0 ? ' scope="row"' : '';
        return `<${name}${scope}>${escapeHtml(cell)}</${name}>`;
      })
      .join('');
  return `<div class="wide"><table class="measured">
<thead><tr>${cells('th', header)}</tr></thead>
<tbody>
${rows.map(row => `<tr>${cells('td', row)}</tr>`).join('\n')}
</tbody>
</table></div>`;
};
