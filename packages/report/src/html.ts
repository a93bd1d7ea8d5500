/**
 * @file Pieces of a page. Arguments named `html` are markup and go in as they are; all others are text and are escaped.
 */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Controls but tab and line feed, marks and overrides of writing direction, and halves of surrogate pairs: names of
 * files may hold them.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu;

const visible = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Text that may stand in markup, also within a quoted attribute. What would be unseen, or turn the text around, is
 * shown as `\u202e`.
 */
export const escapeHtml = (text: string): string =>
  text.replace(UNSEEN, visible).replace(/[&<>"']/g, character => escapes[character] as string);

/** A link to a file or an address. */
export const link = (address: string, text: string = address): string =>
  `<a href="${escapeHtml(address)}">${escapeHtml(text)}</a>`;

/** A picture with its title and a caption in markup. */
export interface PictureOptions {
  readonly title: string;
  readonly captionHtml: string;
  /** Frames the middle half of the picture; false if absent. */
  readonly marked?: boolean;
}

/** A picture inside the page, from the bytes of a PNG file. */
export const pictureFigure = (png: Uint8Array, { title, captionHtml, marked = false }: PictureOptions): string => {
  const image = `<img src="data:image/png;base64,${Buffer.from(png).toString('base64')}" alt="${escapeHtml(title)}">`;
  const shown = marked ? `<div class="marked">${image}</div>` : image;
  return `<figure>${shown}<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption></figure>`;
};

/** A plot, SVG text of `drawPlot`, with its title and a caption in markup. */
export const plotFigure = (svg: string, { title, captionHtml }: Omit<PictureOptions, 'marked'>): string =>
  `<figure class="plot">${svg}<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption></figure>`;

/** Large numbers beside each other, each with its name. */
export const numberList = (numbers: readonly (readonly [name: string, value: string])[]): string =>
  `<dl class="numbers">
${numbers.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('\n')}
</dl>`;

/** A table of names with what they are, both in markup. */
export const propertyTable = (rows: readonly (readonly [nameHtml: string, html: string])[]): string =>
  `<table>
${rows.map(([nameHtml, html]) => `<tr><th scope="row">${nameHtml}</th><td>${html}</td></tr>`).join('\n')}
</table>`;

/**
 * A table of figures. The cells of the first column stand left, all others right; numbers in them have digits of one
 * width.
 */
export interface FigureTable {
  readonly header: readonly string[];
  /** Text. */
  readonly rows: readonly (readonly string[])[];
}

/** A table of figures, which scrolls sideways where the page is too narrow for it. */
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
