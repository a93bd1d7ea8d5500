/**
 * @file The page of the demonstration: one HTML file that needs nothing beside it, and links the other files of its
 * folder.
 */

import { formatCount, formatDecibels, formatSeconds } from '@neural-fields/app-kit';
import { photograph } from '@neural-fields/app-kit/photograph';
import {
  escapeHtml,
  link,
  numberList,
  pictureFigure,
  plotFigure,
  propertyTable,
  section,
  makePage as wholePage,
} from '@neural-fields/report';

/** What the page says. Pictures are PNG bytes by name, plots SVG text. */
export interface PageInput {
  readonly pictures: Readonly<Record<string, Uint8Array>>;
  readonly plots: { readonly psnr: string; readonly spectrum: string };
  readonly size: number;
  readonly zoom: number;
  readonly errorScale: number;
  readonly metrics: {
    readonly psnr: number;
    readonly ssim: number;
    readonly zoom?: { readonly factor: number; readonly field: number; readonly bicubic: number };
  };
  readonly network: {
    readonly hiddenFeatures: number;
    readonly hiddenLayers: number;
    readonly omega0: number;
    readonly parameters: number;
  };
  readonly fit: {
    readonly steps: number;
    readonly batch: string;
    readonly learningRate: number;
    readonly schedule: string;
    readonly seed: number;
  };
  readonly backend: { readonly name: string; readonly reason: string };
  /** Why the demonstration has this size. */
  readonly sizeReason: string;
  readonly seconds: number;
  readonly command: string;
  /** The files beside the page and its pictures, with what they are. */
  readonly files: readonly (readonly [name: string, what: string])[];
}

const figure = (png: Uint8Array, title: string, captionHtml: string, { marked = false } = {}): string =>
  pictureFigure(png, { title, captionHtml, marked });

const zoomSection = ({ pictures, metrics, zoom }: PageInput): string => {
  const shown = (name: string): Uint8Array => pictures[name] as Uint8Array;
  const measured =
    metrics.zoom && metrics.zoom.factor !== zoom ? ` where both have ${metrics.zoom.factor} times the pixels` : '';
  const against = (decibels: number | undefined): string =>
    decibels === undefined ? '' : `${formatDecibels(decibels)} against the photograph${measured}.`;
  const original = pictures['zoom-photograph'];
  const verdict = metrics.zoom
    ? metrics.zoom.field > metrics.zoom.bicubic
      ? '<p>Here the field comes closer to the photograph than bicubic interpolation does.</p>'
      : '<p>Here bicubic interpolation comes closer to the photograph: a plain SIREN has learned the pixels, ' +
        'and nothing told it what lies between them. It does not invent detail, and it may ripple.</p>'
    : '';
  return section(
    'Between the pixels',
    `<p>A field has a value everywhere, so it can be drawn at any resolution. This detail is drawn ${zoom} times as finely as the pixels it was
fitted to, beside bicubic interpolation of the same pixels${original ? ' and the photograph itself, which the field never saw at this resolution' : ''}.</p>
${verdict}
<div class="figures ${original ? 'two' : 'three'}">
<div class="pixels">${figure(shown('zoom-pixels'), 'Pixels', 'What was fitted.')}</div>
${figure(shown('zoom-bicubic'), 'Bicubic', against(metrics.zoom?.bicubic))}
${figure(shown('zoom-field'), 'Field', against(metrics.zoom?.field))}
${original ? figure(original, 'Photograph', 'The same place at full resolution.') : ''}
</div>`,
  );
};

const settingsTable = ({ network, fit, backend, seconds, size, sizeReason }: PageInput): string => {
  const { hiddenFeatures, hiddenLayers, omega0, parameters } = network;
  return propertyTable([
    [
      'Network',
      `SIREN, 2 coordinates to 1 value, ${hiddenLayers + 1} sine layers of ${hiddenFeatures}, omega ${omega0}; ${formatCount(parameters)} parameters`,
    ],
    [
      'Fit',
      `${formatCount(fit.steps)} steps of Adam, learning rate ${fit.learningRate} (${fit.schedule}), ${fit.batch}, seed ${fit.seed}`,
    ],
    ['Picture', `${size} x ${size} pixels, grey, pixel-centred on [-1, 1]`],
    ['Backend', `${escapeHtml(backend.name)}: ${escapeHtml(backend.reason)}`],
    ['Size', escapeHtml(sizeReason)],
    ['Time', `${formatSeconds(seconds)} of fitting`],
  ]);
};

/** Writes the page. */
export const makePage = (input: PageInput): string => {
  const { pictures, plots, size, metrics, network, seconds, backend, errorScale } = input;
  const shown = (name: string): Uint8Array => pictures[name] as Uint8Array;
  const pixelCount = formatCount(size * size);
  const bodyHtml = `<h1>A field learns a photograph</h1>
<p class="lead">A small network was asked for the brightness at each of ${pixelCount} places of a picture until it gave the right answers. What it
has become is a smooth function: ask it between the pixels, or ask for its derivatives, and it answers.</p>
${numberList([
  ['PSNR', formatDecibels(metrics.psnr)],
  ['SSIM', Number.isFinite(metrics.ssim) ? metrics.ssim.toFixed(4) : 'too small'],
  ['parameters', formatCount(network.parameters)],
  ['time to fit', formatSeconds(seconds)],
  ['backend', backend.name],
])}

<section><h2>The picture and the field</h2>
<p>Both at the ${size} x ${size} pixels of the fit. The difference is magnified: white is an error of ${errorScale >= 1 ? errorScale : `1/${Math.round(1 / errorScale)}`} of the
range from black to white, or more.</p>
<div class="figures three pixels">
${figure(shown('picture'), 'Picture', `${photograph.author}, <i>${photograph.title}</i>, ${photograph.year}, detail.`)}
${figure(shown('reconstruction'), 'Field', 'Its values at the places of the pixels.')}
${figure(shown('error'), 'Difference', 'Black where the field is right.')}
</div></section>

<section><h2>Derivatives</h2>
<p>The field was shown values only. Its derivatives come from the network itself, in closed form: each layer hands the next its value, its slope and its
curvature. Those of the picture are differences of neighbouring pixels, and each pair has one scale. Where the field's are
stronger, it bends between the pixels, where no difference of pixels can see it.</p>
<div class="figures two pixels">
${figure(shown('gradient-picture'), 'Gradient, picture', 'Its length, by central differences.')}
${figure(shown('gradient-field'), 'Gradient, field', 'Its length, exact.')}
${figure(shown('laplacian-picture'), 'Laplacian, picture', 'By second differences; grey is 0.')}
${figure(shown('laplacian-field'), 'Laplacian, field', 'Exact; grey is 0.')}
</div></section>

${zoomSection(input)}

<section><h2>How it learned</h2>
<div class="figures two plots">
${plotFigure(plots.psnr, {
  title: 'PSNR over the steps',
  captionHtml:
    'Dots are the points of single steps, the line their running median; the last dot is all pixels, with the final parameters.',
})}
${plotFigure(plots.spectrum, {
  title: 'Amplitude by frequency',
  captionHtml: `The mean over all directions. Right of the dashed line no grid of ${size} pixels can carry a frequency; what the field has there
is its own.`,
})}
</div>
<div class="figures two pixels">
${figure(shown('spectrum-picture'), 'Spectrum of the picture', 'Slow changes in the middle, fine ones outside. Logarithmic colours, a Hann window.')}
${figure(shown('spectrum-field'), 'Spectrum of the field', 'Sampled twice as densely, so it reaches twice as far. The frame is where the pixels end.', { marked: true })}
</div></section>

<section><h2>How this was made</h2>
${settingsTable(input)}
<p>The command:</p>
<pre>${escapeHtml(input.command)}</pre>
<p>The field is a file of its own, and can be drawn at any size:</p>
<pre>neural-fields render field.safetensors --size 2048 -o large.png
neural-fields render field.safetensors --derivative laplacian -o laplacian.png</pre>
${propertyTable([
  ...input.files.map(([name, what]) => [link(name), escapeHtml(what)] as const),
  [
    'pictures',
    Object.keys(pictures)
      .map(name => link(`${name}.png`, name))
      .join(', '),
  ],
])}
</section>
<footer><p>Photograph: ${photograph.author}, <a href="${photograph.address}">${photograph.title}</a>, ${photograph.year}. ${photograph.collection}, ${photograph.licence}.</p></footer>`;
  return wholePage({ title: `A field learns a photograph: ${formatDecibels(metrics.psnr)}`, bodyHtml });
};
