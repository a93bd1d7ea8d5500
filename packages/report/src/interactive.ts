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
}

/** Two pictures of one size behind a slider. */
export interface CompareOptions extends Pick<PictureOptions, 'title' | 'captionHtml'> {
  /** Shown to the left of the slider. */
  readonly left: NamedPicture;
  /** Shown to the right of the slider. */
  readonly right: NamedPicture;
  /**
   * Where the values below the pointer are shown with these coordinates; absent where the pictures' colours are no
   * values.
   */
  readonly coordinates?: PictureCoordinates;
}

const caption = ({ title, captionHtml }: Pick<PictureOptions, 'title' | 'captionHtml'>): string =>
  `<figcaption><b>${escapeHtml(title)}</b>${captionHtml}</figcaption>`;

const image = (bytes: Uint8Array, text: string, attributes = ''): string =>
  `<img src="${dataAddress(bytes)}" alt="${escapeHtml(text)}"${attributes}>`;

/** Two pictures of one size, one over the other, and a slider that moves the edge between them. */
export const compareFigure = (options: CompareOptions): string => {
  const { left, right, coordinates, title } = options;
  const stage = coordinates
    ? ` tabindex="0" role="application" aria-label="${escapeHtml(title)}: arrow keys move the point whose values are shown"` +
      ` data-y="${coordinates.y.join(' ')}" data-x="${coordinates.x.join(' ')}"`
    : '';
  const readout = coordinates ? '<output class="readout">Point at the picture to see its values.</output>' : '';
  return `<figure class="compare"><div class="stage"${stage}>
${image(left.bytes, left.name)}${image(right.bytes, right.name, ' class="over"')}<i class="edge"></i><i class="point" hidden></i></div>
<label class="slider"><span>${escapeHtml(left.name)}</span>
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
.stage { position: relative; overflow: hidden; border-radius: 3px; touch-action: pan-y; cursor: crosshair; --edge: 50%; }
.stage .over { position: absolute; inset: 0; height: 100%; clip-path: inset(0 0 0 var(--edge)); background: none; }
.edge { position: absolute; top: 0; bottom: 0; left: var(--edge); width: 2px; margin-left: -1px; background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / 0.35); pointer-events: none; }
.point { position: absolute; width: 0.7rem; height: 0.7rem; margin: -0.35rem; border: 2px solid #fff; border-radius: 50%;
  box-shadow: 0 0 0 1px #000; pointer-events: none; }
.slider { display: flex; align-items: center; gap: 0.75rem; margin-top: 0.6rem; font-size: 0.9rem; color: var(--quiet); }
.slider input { flex: 1; min-width: 0; height: 1.75rem; margin: 0; accent-color: var(--first); }
.readout { display: block; min-height: 1.5em; font: 0.85rem/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; white-space: pre-wrap; }
.stage:focus-visible, .slider input:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
.steps-sides { display: grid; gap: 1.25rem; align-items: start; }
.plot .steps-sides { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.steps-pictures { max-width: 33rem; }
.steps line { stroke: currentColor; stroke-opacity: 0.15; }
.steps line.now { stroke: var(--second); stroke-opacity: 1; stroke-width: 2px; }
[hidden] { display: none !important; }
audio { width: 100%; }
@media (max-width: 46rem) { .plot .steps-sides { grid-template-columns: minmax(0, 1fr); } }
`;

/** What moves these figures, for the `script` of a page. It reads the pictures of the page and nothing else. */
export const interactiveScript: string = `'use strict';
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The values of a picture as it is stored: 8 bits a channel.
const pixelsOf = image => {
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

const startReadout = (figure, stage) => {
  const [first, second] = stage.querySelectorAll('img');
  const point = stage.querySelector('.point');
  const readout = figure.querySelector('.readout');
  const spans = { x: stage.dataset.x.split(' ').map(Number), y: stage.dataset.y.split(' ').map(Number) };
  let pixels;
  let at = { column: 0, row: 0 };
  const coordinate = ([low, high], index, count) => (count === 1 ? low : low + ((high - low) * index) / (count - 1));
  const show = (column, row) => {
    pixels ??= [pixelsOf(first), pixelsOf(second)];
    const { width, height } = pixels[0];
    at = { column: clamp(column, 0, width - 1), row: clamp(row, 0, height - 1) };
    const values = pixels.map(({ data }) => {
      const start = 4 * (at.row * width + at.column);
      const [red, green, blue] = [data[start], data[start + 1], data[start + 2]].map(value => value / 255);
      return red === green && green === blue ? [red] : [red, green, blue];
    });
    const channels = Math.max(values[0].length, values[1].length);
    const [original, field] = values.map(value => (value.length < channels ? Array(channels).fill(value[0]) : value));
    const text = numbers => numbers.map(value => value.toFixed(3)).join(' ');
    const errors = field.map((value, c) => value - original[c]);
    readout.textContent = 'x ' + coordinate(spans.x, at.column, width).toFixed(3) +
      '  y ' + coordinate(spans.y, at.row, height).toFixed(3) +
      '  ' + first.alt.toLowerCase() + ' ' + text(original) + '  ' + second.alt.toLowerCase() + ' ' + text(field) +
      '  error ' + text(errors);
    point.hidden = false;
    point.style.left = (100 * (at.column + 0.5)) / width + '%';
    point.style.top = (100 * (at.row + 0.5)) / height + '%';
  };
  const follow = event => {
    const box = stage.getBoundingClientRect();
    show(
      Math.floor(((event.clientX - box.left) / box.width) * first.naturalWidth),
      Math.floor(((event.clientY - box.top) / box.height) * first.naturalHeight),
    );
  };
  stage.addEventListener('pointermove', follow);
  stage.addEventListener('pointerdown', follow);
  stage.addEventListener('focus', () => {
    if (point.hidden) show(Math.floor(first.naturalWidth / 2), Math.floor(first.naturalHeight / 2));
  });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  stage.addEventListener('keydown', event => {
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : 1;
    show(at.column + by * move[0], at.row + by * move[1]);
  });
};

for (const figure of document.querySelectorAll('.compare')) {
  const stage = figure.querySelector('.stage');
  const input = figure.querySelector('input');
  const name = stage.querySelector('img').alt;
  const update = () => {
    stage.style.setProperty('--edge', input.value + '%');
    input.setAttribute('aria-valuetext', Math.round(input.value) + ' % ' + name);
  };
  input.addEventListener('input', update);
  update();
  if (stage.dataset.x) startReadout(figure, stage);
}

for (const figure of document.querySelectorAll('.steps-figure')) {
  const input = figure.querySelector('input');
  const pictures = figure.querySelectorAll('.steps-pictures img');
  const lines = figure.querySelectorAll('.steps line');
  const labels = JSON.parse(figure.dataset.labels);
  const update = () => {
    const now = Number(input.value);
    pictures.forEach((picture, i) => { picture.hidden = i !== now; });
    lines.forEach((line, i) => line.classList.toggle('now', i === now));
    figure.querySelector('.readout').textContent = labels[now];
    input.setAttribute('aria-valuetext', labels[now]);
  };
  input.addEventListener('input', update);
  update();
}
`;
