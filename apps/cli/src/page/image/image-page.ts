/** @file The page of an image's field. */
import { formatCount, formatDecibels, formatSeconds } from '@neural-fields/app-kit';
import { describeSignal, type ImageDescription } from '@neural-fields/app-kit/signals';
import { compareFigure, escapeHtml, numberList, pictureFigure, plotFigure, section } from '@neural-fields/report';
import type { Image } from '@neural-fields/signals';
import type { PageInput } from '../page-input.ts';
import { spectrumPlot } from '../plots.ts';
import { exactPicture, howItLearned, howItWasMade, interactivePage, smallPicture } from '../sections.ts';
import { type ImageFigures, makeImageFigures } from './figures.ts';
import { mapImage } from './image-maths.ts';
import { NYQUIST } from './spectra.ts';
import { ZOOM } from './zoom.ts';

/** Text that a page may have in addition to what it shows, as markup. */
export interface ImagePageText {
  readonly headingHtml: string;
  readonly leadHtml: string;
  /** At the end of the page. */
  readonly footerHtml: string;
}

/** Pictures with at most this many pixels a side are drawn with sharp pixel edges. */
const FEW_PIXELS = 256;

/** The scale of errors as a fraction of the range from black to white: `1/16`. */
const scaleText = (scale: number): string => (scale >= 1 ? String(scale) : `1/${Math.round(1 / scale)}`);

/** Pictures by name, each encoded once. */
type Encoded = Readonly<Record<string, Uint8Array>>;

const encodeAll = async (pictures: Readonly<Record<string, Image>>): Promise<Encoded> => {
  const encoded: Record<string, Uint8Array> = {};
  for (const [name, image] of Object.entries(pictures)) {
    // Pictures whose values can be read off are stored exactly.
    const isExact = name === 'picture' || name === 'reconstruction';
    // Values outside [0, 1] are clipped, and values that are not finite are shown as black.
    encoded[name] = await (isExact ? exactPicture : smallPicture)(
      mapImage(image, value => (Number.isFinite(value) ? value : 0)),
    );
  }
  return encoded;
};

const figure = (bytes: Uint8Array | undefined, title: string, captionHtml: string, { marked = false } = {}): string =>
  bytes === undefined ? '' : pictureFigure(bytes, { title, captionHtml, marked });

const ends = (places: Float64Array): readonly [number, number] => [places[0] as number, places.at(-1) as number];

const pictureSection = (figures: ImageFigures, encoded: Encoded, name: string): string => {
  const { shown, errorScale } = figures;
  const { picture, reconstruction, error } = encoded;
  const pixels = Math.max(shown.width, shown.height) <= FEW_PIXELS ? ' pixels' : '';
  const smaller =
    shown.factor === 1
      ? `Both at the ${shown.width} x ${shown.height} pixels of the fit.`
      : `Shown at ${shown.width} x ${shown.height}: each pixel of the original is the mean of a block of ${shown.factor} x ${shown.factor} pixels,
each pixel of the field its value at the centre of that block.`;
  if (picture === undefined || error === undefined || errorScale === undefined)
    return section(
      'The field',
      `<div class="figures two${pixels}">${figure(reconstruction, 'Field', 'Its values at the pixels.')}</div>`,
    );
  return section(
    'The original and the field',
    `<p>${smaller} Move the slider to see one in place of the other. Point at the picture, or click it and use the arrow keys, to read its
values: 0 is black and 1 is white, to 8 bits. To zoom, use the buttons, pinch, hold Ctrl and turn the wheel, or press + and - after a click;
drag to move.</p>
<div class="figures two plots${pixels}">
${compareFigure({
  title: 'Original and field',
  captionHtml: escapeHtml(name),
  left: { bytes: picture, name: 'Original' },
  right: { bytes: reconstruction as Uint8Array, name: 'Field' },
  coordinates: { y: ends(shown.grid.rows), x: ends(shown.grid.columns), block: shown.factor },
})}
${figure(error, 'Difference', `Black: no error. White: an error of at least ${scaleText(errorScale)} of the range from black to white.`)}
</div>`,
  );
};

const zoomSection = ({ zoom }: ImageFigures, encoded: Encoded): string => {
  const { metrics, box } = zoom;
  const original = encoded['zoom-photograph'];
  const bicubic = encoded['zoom-bicubic'];
  const fieldPicture = encoded['zoom-field'] as Uint8Array;
  const measured = metrics && metrics.factor !== ZOOM ? ` where both have ${metrics.factor} times the pixels` : '';
  const against = (decibels: number | undefined): string =>
    decibels === undefined ? '' : `${formatDecibels(decibels)} against the photograph${measured}.`;
  const verdict = metrics
    ? metrics.field > metrics.bicubic
      ? '<p>Here the field comes closer to the photograph than bicubic interpolation does.</p>'
      : '<p>Here bicubic interpolation comes closer to the photograph: the field was fitted to the pixels only, ' +
        'and may oscillate between them.</p>'
    : '';
  const beside = bicubic === undefined ? '' : ', beside bicubic interpolation of the same pixels';
  const never = original ? ' and the photograph itself, which the field never saw at this resolution' : '';
  return section(
    'Between the pixels',
    `<p>A field has a value everywhere, so it can be drawn at any resolution. This detail of ${box.width} x ${box.height} pixels is drawn at ${ZOOM}
times the resolution of the fit${beside}${never}.</p>
${verdict}
<div class="figures ${bicubic === undefined ? 'two' : original ? 'two' : 'three'}">
${bicubic === undefined ? '' : `<div class="pixels">${figure(encoded['zoom-pixels'], 'Pixels', 'The pixels of the fit.')}</div>`}
${figure(bicubic, 'Bicubic', against(metrics?.bicubic) || 'Interpolated from the pixels.')}
${figure(fieldPicture, 'Field', against(metrics?.field) || 'Its values.')}
${figure(original, 'Photograph', 'The same detail at full resolution.')}
</div>`,
  );
};

const derivativeSection = (encoded: Encoded): string => {
  const beside =
    encoded['gradient-picture'] === undefined
      ? ''
      : ` Those of the original are differences of neighbouring pixels; both pictures of a pair have the same scale. Where the field's derivatives
are stronger, it varies between the pixels, which differences of pixels cannot show.`;
  return section(
    'Derivatives',
    `<p>The field was fitted to values only. Its derivatives are exact: each layer computes its value and its first and second derivatives in
closed form.${beside}</p>
<div class="figures two pixels">
${figure(encoded['gradient-picture'], 'Gradient, original', 'Its length, by central differences.')}
${figure(encoded['gradient-field'], 'Gradient, field', 'Its length, exact.')}
${figure(encoded['laplacian-picture'], 'Laplacian, original', 'By second differences; grey is 0.')}
${figure(encoded['laplacian-field'], 'Laplacian, field', 'Exact; grey is 0.')}
</div>`,
  );
};

const spectrumSection = ({ spectra }: ImageFigures, encoded: Encoded): string => {
  if (spectra === undefined) return '';
  const { picture, field, isPart } = spectra;
  return section(
    'Spectra',
    `<p>${isPart ? 'Computed from the middle of the image. ' : ''}Low frequencies are in the middle of the pictures, high ones towards the edges; logarithmic colours, Hann window. The field
is sampled at twice the density of the pixels, so its spectrum extends twice as far.</p>
<div class="figures two plots">
${plotFigure(spectrumPlot(picture, field, NYQUIST), {
  title: 'Amplitude by frequency',
  captionHtml:
    'The mean over all directions. The dashed line is the Nyquist frequency of the pixels, which cannot represent anything beyond it.',
})}
<div class="figures two pixels">
${figure(encoded['spectrum-picture'], 'Original', '')}
${figure(encoded['spectrum-field'], 'Field', 'The frame is the Nyquist frequency of the pixels.', { marked: true })}
</div></div>`,
  );
};

/** The training curve of a picture or sound. */
export const psnrReading = ({ history, figures }: PageInput): Parameters<typeof howItLearned>[1] => ({
  label: 'PSNR (dB)',
  values: history.map(({ step, metrics }) => ({ step, value: metrics['psnr'] ?? Number.NaN })),
  format: value => `PSNR ${formatDecibels(value)}`,
  ...(figures['psnr'] !== undefined && {
    final: { value: figures['psnr'], text: `${figures['psnr'].toFixed(1)} dB` },
  }),
  captionHtml:
    'Move the slider to see the field after some steps. The dots are the PSNR of the points of single steps, the line is their running median, and the last dot is the PSNR of the whole signal.',
});

const defaultText = ({ name, description, original }: PageInput<ImageDescription>): ImagePageText => ({
  headingHtml: escapeHtml(name),
  leadHtml: `A neural field of ${escapeHtml(describeSignal(description))}: a network that maps coordinates to the colour there.${
    original?.points ? '' : ' The original is not available, so only the field is shown.'
  }`,
  footerHtml: '',
});

/** The page of an image's field from figures that are already computed. */
export const imagePageOf = async (
  input: PageInput<ImageDescription>,
  figures: ImageFigures,
  text: ImagePageText = defaultText(input),
): Promise<string> => {
  const { field, backend, seconds, name } = input;
  const decibels = input.figures['psnr'] ?? figures.metrics?.psnr;
  // The SSIM of a downscaled picture would be a different figure.
  const similarity = figures.shown.factor === 1 ? figures.metrics?.ssim : undefined;
  const encoded = await encodeAll(figures.pictures);
  const numbers: (readonly [string, string])[] = [
    ...(decibels === undefined ? [] : [['PSNR', formatDecibels(decibels)] as const]),
    ...(similarity === undefined
      ? []
      : [['SSIM', Number.isFinite(similarity) ? similarity.toFixed(4) : 'too small'] as const]),
    ['parameters', formatCount(field.parameterCount)],
    ...(seconds === undefined ? [] : [['time to fit', formatSeconds(seconds)] as const]),
    ...(backend === undefined ? [] : [['backend', backend] as const]),
  ];
  const bodyHtml = `<h1>${text.headingHtml}</h1>
<p class="lead">${text.leadHtml}</p>
${numberList(numbers)}
${[
  pictureSection(figures, encoded, name),
  howItLearned(input, psnrReading(input)),
  zoomSection(figures, encoded),
  derivativeSection(encoded),
  spectrumSection(figures, encoded),
  howItWasMade(input),
].join('\n')}
${text.footerHtml}`;
  return interactivePage(decibels === undefined ? name : `${name}: ${formatDecibels(decibels)}`, bodyHtml);
};

/** The page of an image's field. @throws the reason of the signal when it is aborted */
export const imagePage = async (input: PageInput<ImageDescription>): Promise<string> => {
  const { field, description, original, signal } = input;
  return imagePageOf(input, await makeImageFigures({ field, description, points: original?.points, signal }));
};
