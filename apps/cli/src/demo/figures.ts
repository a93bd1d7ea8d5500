/** @file The pictures and numbers of the demonstration, computed from the photograph and the fitted field. */

import {
  applyRange,
  type Quantity,
  type Region,
  rangeOf,
  sampleAll,
  toPicture,
  viewPoints,
  wholePicture,
} from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { amplitudeSpectrum, hannWindow, type RadialSpectrum, radialSpectrum } from '@neural-fields/core/spectra';
import { coordinateGradient, coordinateLaplacian, type Image, psnr, resizeImage, ssim } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { logarithmicPicture } from '../page/colours.ts';

/** How much larger than the pixels of the fit the detail is shown. */
export const ZOOM = 4;

/** The detail: the summit and the fir before it. */
const DETAIL: Region = { x0: 0.25, y0: 0.1, x1: 0.75, y1: 0.6 };

/**
 * The field is sampled this many times as densely as the pixels for its spectrum, so that frequencies beyond theirs
 * show.
 */
const OVERSAMPLING = 2;

/** Amplitudes below this part of the largest are shown as the darkest colour. */
const DARKEST = 1e-6;

/** Everything that the page shows. */
export interface Figures {
  /** By the name of their file, without the extension. */
  readonly pictures: Readonly<Record<string, Image>>;
  readonly spectra: { readonly picture: RadialSpectrum; readonly field: RadialSpectrum; readonly nyquist: number };
  readonly metrics: {
    readonly psnr: number;
    readonly ssim: number;
    /**
     * Of the detail at `factor` times the pixels of the fit, against the photograph; absent where it has no such number
     * of pixels.
     */
    readonly zoom?: { readonly factor: number; readonly field: number; readonly bicubic: number };
  };
  /** The largest difference that the picture of errors can show. */
  readonly errorScale: number;
}

/** What the figures are made of. */
export interface FigureInput {
  readonly field: Field;
  readonly description: ImageDescription;
  /** What was fitted: `f32[size, size, 1]`. */
  readonly picture: Image;
  /** In full resolution. */
  readonly photograph: Image;
  readonly signal: AbortSignal;
}

const shapeOf = ({ shape }: Image): [number, number] => [shape[0] as number, shape[1] as number];

const mapImage = (image: Image, change: (value: number, index: number) => number): Image =>
  ndarray(image.data.map(change), [...image.shape]);

/** The pixels `from` up to `to` of both sides. */
const crop = (image: Image, { x0, y0, x1, y1 }: Region): Image => {
  const [height, width] = shapeOf(image);
  const [top, left] = [Math.round(y0 * height), Math.round(x0 * width)];
  const [rows, columns] = [Math.round(y1 * height) - top, Math.round(x1 * width) - left];
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [top + Math.floor(i / columns), left + (i % columns)];
    return image.data[y * width + x] as number;
  });
  return ndarray(data, [rows, columns, 1]);
};

/** The length of a gradient `f32[height, width, 2]`. */
const lengthOf = (gradient: Image): Image => {
  const [height, width] = shapeOf(gradient);
  const data = Float32Array.from({ length: height * width }, (_, i) =>
    Math.hypot(gradient.data[2 * i] as number, gradient.data[2 * i + 1] as number),
  );
  return ndarray(data, [height, width, 1]);
};

/** Two pictures of a derivative on the scale of the first. */
const onOneScale = (quantity: Quantity, first: Image, second: Image): readonly [Image, Image] => {
  const range = rangeOf(first.data, quantity);
  const show = (image: Image): Image => ndarray(applyRange(image.data.slice(), range), [...image.shape]);
  return [show(first), show(second)];
};

const clip = (image: Image): Image => mapImage(image, value => Math.min(1, Math.max(0, value)));

/** With fewer cells to a side, the detail would be another part of the picture. */
const FEWEST_CELLS = 16;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The part of the detail whose edges are whole multiples of a cell; `cells` of them make a side. */
const detailOf = (cells: number): Region => {
  const snap = (part: number): number => Math.round(part * cells) / cells;
  return { x0: snap(DETAIL.x0), y0: snap(DETAIL.y0), x1: snap(DETAIL.x1), y1: snap(DETAIL.y1) };
};

const spectraOf = (picture: Image, field: Image): Figures['spectra'] & { readonly pictures: Record<string, Image> } => {
  const [size] = shapeOf(picture);
  const spectrum = (image: Image, spacing: number): ReturnType<typeof amplitudeSpectrum> => {
    const mean = image.data.reduce((sum, value) => sum + value, 0) / image.data.length;
    return amplitudeSpectrum(
      { data: image.data.map(value => value - mean), shape: shapeOf(image) },
      { spacing, window: hannWindow },
    );
  };
  // In cycles per side of the picture.
  const ofPicture = spectrum(picture, 1 / size);
  const ofField = spectrum(field, 1 / (size * OVERSAMPLING));
  const high = ofPicture.amplitudes.reduce((a, b) => Math.max(a, b), 0);
  const colours = { low: Math.max(high, 1e-12) * DARKEST ** 0.75, high: Math.max(high, 1e-12) };
  return {
    picture: radialSpectrum(ofPicture),
    field: radialSpectrum(ofField),
    nyquist: size / 2,
    pictures: {
      'spectrum-picture': logarithmicPicture(ofPicture.amplitudes, shapeOf(picture), colours),
      'spectrum-field': logarithmicPicture(ofField.amplitudes, shapeOf(field), colours),
    },
  };
};

/** The size of the differences that white stands for: a power of two, so that a caption can say it. */
const errorScaleOf = (errors: Float32Array): number => {
  const [, limit] = rangeOf(errors, 'gradient');
  return 2 ** Math.ceil(Math.log2(Math.max(limit, 1 / 256)));
};

/** Computes everything that the page shows. @throws the reason of `signal` when it is aborted */
export const makeFigures = async ({
  field,
  description,
  picture,
  photograph,
  signal,
}: FigureInput): Promise<Figures> => {
  const [size] = shapeOf(picture);
  const sample = async (quantity: Quantity, side: number, region: Region = wholePicture): Promise<Image> => {
    const points = viewPoints(description, { width: side, height: side, region });
    const values = toPicture(description, quantity, await sampleAll(field, points, { quantity, signal }));
    return ndarray(values, [side, side, 1]);
  };
  const grid = { convention: description.convention, spans: description.spans };
  const reconstruction = await sample('value', size);
  const [gradientOfPicture, gradientOfField] = onOneScale(
    'gradient',
    lengthOf(coordinateGradient(picture, grid)),
    await sample('gradient', size),
  );
  const [laplacianOfPicture, laplacianOfField] = onOneScale(
    'laplacian',
    coordinateLaplacian(picture, grid),
    await sample('laplacian', size),
  );
  const error = mapImage(reconstruction, (value, i) => Math.abs(value - (picture.data[i] as number)));
  const errorScale = errorScaleOf(error.data);

  const sideOfPhotograph = photograph.shape[0] as number;
  const factor = sideOfPhotograph / size;
  // Cells that are whole pixels of both.
  const shared = greatestDivisor(sideOfPhotograph, size);
  const comparable = factor > 1 && factor <= ZOOM && shared >= FEWEST_CELLS;
  const detail = detailOf(comparable ? shared : size);
  const pixels = crop(picture, detail);
  const [side] = shapeOf(pixels);
  const zoomField = (factor: number): Promise<Image> => sample('value', side * factor, detail);
  // Bicubic interpolation sees what lies around the detail too.
  const zoomPixels = (factor: number): Image =>
    crop(resizeImage(picture, { width: size * factor, height: size * factor, kernel: 'bicubic' }), detail);
  const original = comparable ? crop(photograph, detail) : undefined;
  const { pictures, ...spectra } = spectraOf(picture, await sample('value', size * OVERSAMPLING));
  return {
    spectra,
    errorScale,
    pictures: {
      picture,
      reconstruction,
      error: mapImage(error, value => value / errorScale),
      'gradient-picture': gradientOfPicture,
      'gradient-field': gradientOfField,
      'laplacian-picture': laplacianOfPicture,
      'laplacian-field': laplacianOfField,
      'zoom-pixels': pixels,
      'zoom-field': await zoomField(ZOOM),
      'zoom-bicubic': zoomPixels(ZOOM),
      ...(original && { 'zoom-photograph': original }),
      ...pictures,
    },
    metrics: {
      psnr: psnr(reconstruction, picture),
      // The window of SSIM has 7 x 7 pixels.
      ssim: size < 7 ? Number.NaN : ssim(clip(reconstruction), picture),
      ...(original && {
        zoom: {
          factor,
          field: psnr(clip(await zoomField(factor)), original),
          bicubic: psnr(clip(zoomPixels(factor)), original),
        },
      }),
    },
  };
};
