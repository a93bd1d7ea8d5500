/**
 * @file Figures that a reader can move: two pictures behind a slider, the steps of a fit, and sounds. Without the
 *   script they show their first state. All controls are those of the browser, so that they work with touch and
 *   keyboard.
 */
import { dataAddress } from './data-address.ts';
import { escapeHtml, namedPlot, type PictureOptions } from './html.ts';

/** A picture's bytes and name. */
export interface NamedPicture {
  /** The bytes of a PNG, JPEG or WebP file. */
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** The coordinates of a picture's outer pixels. */
export interface PictureCoordinates {
  /** Of the first and the last row. */
  readonly y: readonly [first: number, last: number];
  /** Of the first and the last column. */
  readonly x: readonly [first: number, last: number];
  /** The side length of the block of original pixels that each pixel stands for; 1 if absent. */
  readonly block?: number;
}

/** Two pictures of one size behind a slider. */
export interface CompareOptions extends Pick<PictureOptions, 'title' | 'captionHtml'> {
  /** Shown to the left of the slider. */
  readonly left: NamedPicture;
  /** Shown to the right of the slider. */
  readonly right: NamedPicture;
  /**
   * Where the values below the pointer are shown with these coordinates, and the pictures can be zoomed; absent where
   * the pictures' colours are no values.
   */
  readonly coordinates?: PictureCoordinates;
}

const caption = ({ title, captionHtml }: Pick<PictureOptions, 'title' | 'captionHtml'>): string =>
  `<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption>`;

const image = (bytes: Uint8Array, text: string, attributes = ''): string =>
  `<img src="${dataAddress(bytes)}" alt="${escapeHtml(text)}"${attributes}>`;

/** The controls of the zoom, which the script shows. */
const zoomControls = (title: string): string => {
  const button = (act: string, text: string, label: string): string =>
    `<button type="button" data-zoom="${act}" aria-label="${escapeHtml(title)}: ${label}">${text}</button>`;
  return `<div class="zoom" hidden>${button('out', '&minus;', 'zoom out')}<output aria-live="polite">1x</output>${button('in', '+', 'zoom in')}
${button('whole', 'Whole picture', 'show the whole picture')}</div>`;
};

/** Two pictures of one size, one over the other, and a slider that moves the edge between them. */
export const compareFigure = (options: CompareOptions): string => {
  const { left, right, coordinates, title } = options;
  const stage = coordinates
    ? ` tabindex="0" role="application" aria-label="${escapeHtml(title)}: arrow keys move the point whose values are shown, plus and minus zoom, 0 shows the whole picture"` +
      ` data-y="${coordinates.y.join(' ')}" data-x="${coordinates.x.join(' ')}" data-block="${coordinates.block ?? 1}"`
    : '';
  const readout = coordinates ? '<output class="readout">Point at the picture to see its values.</output>' : '';
  return `<figure class="compare"><div class="stage"${stage}>
<div class="layer under">${image(left.bytes, left.name)}</div><div class="layer over">${image(right.bytes, right.name)}</div>
<i class="edge"></i><i class="point" hidden></i></div>
${coordinates ? zoomControls(title) : ''}<label class="slider"><span>${escapeHtml(left.name)}</span>
<input type="range" min="0" max="100" step="0.5" value="50" aria-label="${escapeHtml(title)}: share of ${escapeHtml(left.name)}">
<span>${escapeHtml(right.name)}</span></label>${readout}
${caption(options)}</figure>`;
};

/** One state of a figure with steps. */
export interface StepPicture {
  /** The bytes of a PNG, JPEG or WebP file. */
  readonly bytes: Uint8Array;
  /** E.g. `step 20: PSNR 31.2 dB`. */
  readonly label: string;
}

/** A figure of several pictures, one at a time. */
export interface StepsOptions extends Pick<PictureOptions, 'title' | 'captionHtml'> {
  /** The slider begins at the last. */
  readonly pictures: readonly StepPicture[];
  /**
   * A plot, SVG text of `drawPlot`, beside the pictures. Of its group of the class `steps` the line of the picture that
   * is shown stands out.
   */
  readonly plotSvg?: string;
}

/** Pictures of which a slider shows one at a time, and a plot that marks it. @throws RangeError without a picture */
export const stepsFigure = (options: StepsOptions): string => {
  const { pictures, plotSvg, title } = options;
  const last = pictures.length - 1;
  if (last < 0) throw new RangeError('stepsFigure: pictures must have at least one, got none');
  const labels = JSON.stringify(pictures.map(({ label }) => label));
  const shown = pictures.map(({ bytes, label }, i) => image(bytes, label, i === last ? '' : ' hidden')).join('');
  const slider = `<input type="range" min="0" max="${last}" step="1" value="${last}" aria-label="${escapeHtml(title)}">`;
  return `<figure class="steps-figure${plotSvg === undefined ? '' : ' plot'}" data-labels="${escapeHtml(labels)}">
<div class="steps-sides">${plotSvg === undefined ? '' : `<div>${namedPlot(plotSvg, title)}</div>`}<div class="steps-pictures">${shown}</div></div>
<label class="slider">${slider}</label><output class="readout" aria-live="off">${escapeHtml(pictures[last]?.label ?? '')}</output>
${caption(options)}</figure>`;
};

/** A player of a sound. @param wav the bytes of a WAV file */
export const soundFigure = (wav: Uint8Array, options: Pick<PictureOptions, 'title' | 'captionHtml'>): string =>
  `<figure class="sound"><audio controls preload="metadata" src="${dataAddress(wav)}" aria-label="${escapeHtml(options.title)}"></audio>
${caption(options)}</figure>`;

/** The rules of these figures, for the `css` of a page. */
export const interactiveStyle: string = `
.stage { position: relative; overflow: hidden; border-radius: 3px; touch-action: pan-y; cursor: crosshair; --edge: 50%;
  --zoom: 1; --left: 0%; --top: 0%; }
.stage .under { clip-path: inset(0 calc(100% - var(--edge)) 0 0); }
.stage .over { position: absolute; inset: 0; clip-path: inset(0 0 0 var(--edge)); }
.stage img { transform: translate(var(--left), var(--top)) scale(var(--zoom)); transform-origin: 0 0; border-radius: 0;
  user-select: none; -webkit-user-drag: none; }
.stage.zoomed { touch-action: none; cursor: grab; }
.stage.dragged { cursor: grabbing; }
.stage.close img { image-rendering: pixelated; }
.zoom { display: flex; align-items: center; gap: 0.5rem; margin-top: 0.6rem; font-size: 0.9rem; color: var(--quiet); }
.zoom output { min-width: 3.2em; text-align: center; font-variant-numeric: tabular-nums; }
.zoom button { min-width: 2.25rem; height: 2.25rem; padding: 0 0.6rem; font: inherit; color: var(--ink); background: var(--panel);
  border: 1px solid var(--rule); border-radius: 4px; cursor: pointer; }
.zoom button:disabled { color: var(--quiet); opacity: 0.6; cursor: default; }
.edge { position: absolute; top: 0; bottom: 0; left: var(--edge); width: 2px; margin-left: -1px; background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 0.35); pointer-events: none; }
.point { position: absolute; width: 0.7rem; height: 0.7rem; margin: -0.35rem; border: 2px solid #fff; border-radius: 50%;
  box-shadow: 0 0 0 1px #000; pointer-events: none; }
.slider { display: flex; align-items: center; gap: 0.75rem; margin-top: 0.6rem; font-size: 0.9rem; color: var(--quiet); }
.slider input { flex: 1; min-width: 0; height: 1.75rem; margin: 0; accent-color: var(--first); }
.readout { display: block; min-height: 1.5em; font: 0.85rem/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; white-space: pre-wrap; }
.stage:focus-visible, .slider input:focus-visible, .zoom button:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
.steps-sides { display: grid; gap: 1.25rem; align-items: start; }
.plot .steps-sides { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.steps-pictures { max-width: 33rem; }
.steps line { stroke: currentColor; stroke-opacity: 0.15; }
.steps line.now { stroke: var(--second); stroke-opacity: 1; stroke-width: 2px; }
[hidden] { display: none !important; }
audio { width: 100%; }
@media (max-width: 46rem) { .plot .steps-sides { grid-template-columns: minmax(0, 1fr); } }
`;
