/** @file The page of the demonstration: one HTML file that needs nothing beside it, and links the other files of its folder. */
import { formatCount, formatDecibels, formatSeconds } from '../output/format.ts';
import { photograph } from './picture.ts';
import { style } from './style.ts';

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

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, character => escapes[character] as string);

const figure = (png: Uint8Array, title: string, caption: string, { marked = false } = {}): string => {
  const image = `<img src="data:image/png;base64,${Buffer.from(png).toString('base64')}" alt="${escapeHtml(title)}">`;
  const shown = marked ? `<div class="marked">${image}</div>` : image;
  return `<figure>${shown}<figcaption><b>${escapeHtml(title)}</b>${caption}</figcaption></figure>`;
};

const number = (name: string, value: string): string => `<div><dt>${name}</dt><dd>${value}</dd></div>`;

const link = (file: string, text = file): string => `<a href="${escapeHtml(file)}">${escapeHtml(text)}</a>`;

const row = (name: string, value: string): string => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;

const zoomSection = ({ pictures, metrics, zoom }: PageInput): string => {
  const shown = (name: string): Uint8Array => pictures[name] as Uint8Array;
  const measured = metrics.zoom && metrics.zoom.factor !== zoom ? ` where both have ${metrics.zoom.factor} times the pixels` : '';
  const against = (decibels: number | undefined): string =>
    decibels === undefined ? '' : `${formatDecibels(decibels)} against the photograph${measured}.`;
  const original = pictures['zoom-photograph'];
  const verdict = metrics.zoom
    ? metrics.zoom.field > metrics.zoom.bicubic
      ? '<p>Here the field comes closer to the photograph than bicubic interpolation does.</p>'
      : '<p>Here bicubic interpolation comes closer to the photograph: a plain SIREN has learned the pixels, ' +
        'and nothing told it what lies between them. It does not invent detail, and it may ripple.</p>'
    : '';
  return `<section><h2>Between the pixels</h2>
<p>A field has a value everywhere, so it can be drawn at any resolution. This detail is drawn ${zoom} times as finely as the pixels it was
fitted to, beside bicubic interpolation of the same pixels${original ? ' and the photograph itself, which the field never saw at this resolution' : ''}.</p>
${verdict}
<div class="figures two">
<div class="pixels">${figure(shown('zoom-pixels'), 'Pixels', 'What was fitted.')}</div>
${figure(shown('zoom-bicubic'), 'Bicubic', against(metrics.zoom?.bicubic))}
${figure(shown('zoom-field'), 'Field', against(metrics.zoom?.field))}
${original ? figure(original, 'Photograph', 'The same place at full resolution.') : ''}
</div></section>`;
};

const settingsTable = ({ network, fit, backend, seconds, size, sizeReason }: PageInput): string => {
  const { hiddenFeatures, hiddenLayers, omega0, parameters } = network;
  return `<table>
${row('Network', `SIREN, 2 coordinates to 1 value, ${hiddenLayers + 1} sine layers of ${hiddenFeatures}, omega ${omega0}; ${formatCount(parameters)} parameters`)}
${row('Fit', `${formatCount(fit.steps)} steps of Adam, learning rate ${fit.learningRate} (${fit.schedule}), ${fit.batch}, seed ${fit.seed}`)}
${row('Picture', `${size} x ${size} pixels, grey, pixel-centred on [-1, 1]`)}
${row('Backend', `${escapeHtml(backend.name)}: ${escapeHtml(backend.reason)}`)}
${row('Size', escapeHtml(sizeReason))}
${row('Time', `${formatSeconds(seconds)} of fitting`)}
</table>`;
};

/** Writes the page. */
export const makePage = (input: PageInput): string => {
  const { pictures, plots, size, metrics, network, seconds, backend, errorScale } = input;
  const shown = (name: string): Uint8Array => pictures[name] as Uint8Array;
  const pixelCount = formatCount(size * size);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A field learns a photograph: ${formatDecibels(metrics.psnr)}</title>
<style>${style}</style>
</head>
<body><main>
<h1>A field learns a photograph</h1>
<p class="lead">A small network was asked for the brightness at each of ${pixelCount} places of a picture until it gave the right answers. What it
has become is a smooth function: ask it between the pixels, or ask for its derivatives, and it answers.</p>
<dl class="numbers">
${number('PSNR', formatDecibels(metrics.psnr))}
${number('SSIM', Number.isFinite(metrics.ssim) ? metrics.ssim.toFixed(4) : 'too small')}
${number('parameters', formatCount(network.parameters))}
${number('time to fit', formatSeconds(seconds))}
${number('backend', escapeHtml(backend.name))}
</dl>

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
<figure class="plot">${plots.psnr}<figcaption><b>PSNR over the steps</b>Dots are the points of single steps, the line their running median;
the last dot is all pixels, with the final parameters.</figcaption></figure>
<figure class="plot">${plots.spectrum}<figcaption><b>Amplitude by frequency</b>The mean over all directions. Right of the dashed line no grid of
${size} pixels can carry a frequency; what the field has there is its own.</figcaption></figure>
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
<table>
${input.files.map(([name, what]) => row(link(name), escapeHtml(what))).join('\n')}
${row(
  'pictures',
  Object.keys(pictures)
    .map(name => link(`${name}.png`, name))
    .join(', '),
)}
</table>
</section>
<footer><p>Photograph: ${photograph.author}, <a href="${photograph.address}">${photograph.title}</a>, ${photograph.year}. ${photograph.collection}, ${photograph.licence}.</p></footer>
</main></body>
</html>
`;
};
