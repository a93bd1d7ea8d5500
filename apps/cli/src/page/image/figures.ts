/** @file The pictures and figures of an image's page, computed from the field and, if available, the original. */
import { applyRange, type Quantity, rangeOf } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { coordinateGradient, coordinateLaplacian, type Image, type PointSet, psnr, ssim } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { clip, colours, mapImage, sizeOf } from './image-maths.ts';
import { readSmaller } from './original-pixels.ts';
import { type ShownGrid, sampleGrid, shownGrid } from './pixel-grid.ts';
import { type ImageSpectra, makeSpectra } from './spectra.ts';
import { makeZoom, type Zoom, type ZoomTarget } from './zoom.ts';

/** Maximum side lengths in pixels. With the other figures they take about a tenth of a fit with default settings. */
const LONGEST = { value: 1024, derivative: 256 } as const;

/** Everything that a page shows of an image. */
export interface ImageFigures {
  /** By name. Those of the original are absent if it is not available. */
  readonly pictures: Readonly<Record<string, Image>>;
  readonly spectra: ImageSpectra | undefined;
  readonly zoom: Zoom;
  readonly shown: ShownGrid;
  /** Of the pictures at the size shown; absent without the original. */
  readonly metrics?: { readonly psnr: number; readonly ssim: number };
  /** The difference that is shown as white; absent without the original. */
  readonly errorScale?: number;
}

/** What the figures are computed from. */
export interface ImageFigureInput {
  readonly field: Field;
  readonly description: ImageDescription;
  /** The original. */
  readonly points?: PointSet | undefined;
  readonly zoomTarget?: ZoomTarget | undefined;
  readonly signal: AbortSignal;
}

/** The norm of a gradient `f32[height, width, 2 channels]` for each channel. */
const lengthOf = (gradient: Image): Image => {
  const [height, width] = sizeOf(gradient);
  const channels = (gradient.shape[2] as number) / 2;
  const data = Float32Array.from({ length: height * width * channels }, (_, i) => {
    const start = Math.floor(i / channels) * 2 * channels + (i % channels);
    return Math.hypot(gradient.data[start] as number, gradient.data[start + channels] as number);
  });
  return ndarray(data, [height, width, channels]);
};

/** Pictures of a derivative, all on the scale of the first one. */
const onOneScale = (quantity: Quantity, images: readonly Image[]): Image[] => {
  const range = rangeOf(Float32Array.from((images[0] as Image).data), quantity);
  return images.map(image => ndarray(applyRange(Float32Array.from(image.data), range), [...image.shape]));
};

/** The difference that is shown as white: a power of two, which is easy to state in a caption. */
const errorScaleOf = (errors: Image): number => {
  const [, limit] = rangeOf(Float32Array.from(errors.data), 'gradient');
  return 2 ** Math.ceil(Math.log2(Math.max(limit, 1 / 256)));
};

/** The mean absolute difference over the colour channels: `f32[height, width, 1]`. */
const errorsOf = (field: Image, picture: Image): Image => {
  const [a, b] = [colours(field), colours(picture)];
  const [channels, [height, width]] = [a.shape[2] as number, sizeOf(a)];
  const data = new Float32Array(height * width);
  for (let i = 0; i < a.data.length; i++) {
    const error = Math.abs((a.data[i] as number) - (b.data[i] as number));
    data[Math.floor(i / channels)] = (data[Math.floor(i / channels)] as number) + error / channels;
  }
  return ndarray(data, [height, width, 1]);
};

const spanOf = (places: Float64Array): readonly [number, number] => {
  const [first, last] = [places[0] as number, places[places.length - 1] as number];
  // The only place on an axis has no neighbours, and its span must not be empty.
  return places.length === 1 ? [first - 1, first + 1] : [first, last];
};

/** The gradient's length and the Laplacian of the field, each beside that of the original. */
const makeDerivatives = async (input: ImageFigureInput): Promise<Record<string, Image>> => {
  const { field, description, points, signal } = input;
  const shown = shownGrid(description, LONGEST.derivative);
  const picture = points && colours(await readSmaller(description, points, shown, signal));
  const grid = { spans: [spanOf(shown.grid.rows), spanOf(shown.grid.columns)] };
  const differences = {
    gradient: (image: Image) => lengthOf(coordinateGradient(image, grid)),
    laplacian: (image: Image) => coordinateLaplacian(image, grid),
  };
  const pictures: Record<string, Image> = {};
  for (const quantity of ['gradient', 'laplacian'] as const) {
    const ofField = await sampleGrid(field, description, shown.grid, { quantity, signal });
    const ofPicture = picture && differences[quantity](picture);
    const scaled = onOneScale(quantity, ofPicture ? [ofPicture, ofField] : [ofField]);
    if (ofPicture) pictures[`${quantity}-picture`] = scaled[0] as Image;
    pictures[`${quantity}-field`] = scaled.at(-1) as Image;
  }
  return pictures;
};

/** The window of SSIM has 7 x 7 pixels. */
const SSIM_WINDOW = 7;

/** The original and the difference from it, with their figures. */
const compareWith = (picture: Image, reconstruction: Image) => {
  const error = errorsOf(reconstruction, picture);
  const errorScale = errorScaleOf(error);
  const [a, b] = [colours(clip(reconstruction)), colours(picture)];
  return {
    errorScale,
    pictures: { picture, error: mapImage(error, value => value / errorScale) },
    metrics: {
      psnr: psnr(colours(reconstruction), b),
      ssim: Math.min(...sizeOf(picture)) < SSIM_WINDOW ? Number.NaN : ssim(a, b),
    },
  };
};

/** Computes everything that the page shows. @throws the reason of `signal` when it is aborted */
export const makeImageFigures = async (input: ImageFigureInput): Promise<ImageFigures> => {
  const { field, description, points, zoomTarget, signal } = input;
  const shown = shownGrid(description, LONGEST.value);
  const reconstruction = await sampleGrid(field, description, shown.grid, { quantity: 'value', signal });
  const picture = points && (await readSmaller(description, points, shown, signal));
  const compared = picture && compareWith(picture, reconstruction);
  const zoom = await makeZoom({
    field,
    description,
    points,
    shown: { grid: shown, picture: picture ?? reconstruction },
    target: zoomTarget,
    signal,
  });
  const spectra = await makeSpectra(field, description, points, signal);
  return {
    pictures: {
      reconstruction,
      ...compared?.pictures,
      ...(await makeDerivatives(input)),
      ...zoom.pictures,
      ...spectra?.pictures,
    },
    spectra,
    zoom,
    shown,
    ...(compared && { metrics: compared.metrics, errorScale: compared.errorScale }),
  };
};
