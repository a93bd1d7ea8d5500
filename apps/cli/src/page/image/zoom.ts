/** @file A detail of an image, enlarged beyond its pixels: by the field, by bicubic interpolation, and the original. */
import type { Region } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { type Image, type PointSet, psnr, resizeImage } from '@neural-fields/signals';
import { brightness, clip, colours, crop, sizeOf } from './image-maths.ts';
import { readPixels } from './original-pixels.ts';
import { gridOver, type PixelBox, type ShownGrid, sampleGrid, wholeBox } from './pixel-grid.ts';

/** The magnification of the detail relative to the pixels of the fit. */
export const ZOOM = 4;

/** The maximum side length of a detail that is chosen automatically, in pixels. */
const DETAIL_SIDE = 96;

/** The number of pixels around the detail that are also used by the bicubic interpolation. */
const BORDER = 4;

/** Which detail is shown, and what it is compared with. */
export interface ZoomTarget {
  readonly region: Region;
  /** The same image at a higher resolution. */
  readonly reference: Image;
}

/** What the zoom is made from. */
export interface ZoomInput {
  readonly field: Field;
  readonly description: ImageDescription;
  readonly points?: PointSet | undefined;
  /** The picture in which a detail is chosen. */
  readonly shown: { readonly grid: ShownGrid; readonly picture: Image };
  /** A given detail, instead of one chosen automatically. */
  readonly target?: ZoomTarget | undefined;
  readonly signal: AbortSignal;
}

/** The pictures of a detail. */
export interface Zoom {
  /** Named `zoom-...`. */
  readonly pictures: Readonly<Record<string, Image>>;
  /** Compares the detail at `factor` times the pixels with the reference; absent if that has no such resolution. */
  readonly metrics?: { readonly factor: number; readonly field: number; readonly bicubic: number };
  readonly box: PixelBox;
}

/** With fewer cells per side, snapping would move the detail to a different part of the picture. */
const MIN_CELLS = 16;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The pixels of a region whose edges are snapped to whole cells, of which there are `cells` on each side. */
const snappedBox = (
  { width, height }: ImageDescription,
  region: Region,
  cells: readonly [y: number, x: number],
): PixelBox => {
  const snap = (share: number, length: number, count: number): number => (Math.round(share * count) * length) / count;
  const [x0, x1] = [snap(region.x0, width, cells[1]), snap(region.x1, width, cells[1])];
  const [y0, y1] = [snap(region.y0, height, cells[0]), snap(region.y1, height, cells[0])];
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
};

/** The square of the shown picture in which neighbouring pixels differ most, in pixels of the image. */
export const busiestBox = (description: ImageDescription, { grid, picture }: ZoomInput['shown']): PixelBox => {
  const { factor } = grid;
  const [height, width] = sizeOf(picture);
  const wanted = Math.min(DETAIL_SIDE, Math.ceil(Math.max(description.width, description.height) / 2));
  const side = [height, width].map(length => Math.max(1, Math.min(length, Math.round(wanted / factor)))) as [
    number,
    number,
  ];
  const { data } = brightness(picture);
  const at = (y: number, x: number): number => data[y * width + x] as number;
  let best = { y: 0, x: 0 };
  let most = -1;
  for (let y = 0; y + side[0] <= height; y += Math.max(1, side[0] >> 1))
    for (let x = 0; x + side[1] <= width; x += Math.max(1, side[1] >> 1)) {
      let sum = 0;
      for (let row = y; row < y + side[0]; row++)
        for (let column = x; column < x + side[1]; column++) {
          if (column + 1 < width) sum += Math.abs(at(row, column + 1) - at(row, column));
          if (row + 1 < height) sum += Math.abs(at(row + 1, column) - at(row, column));
        }
      if (sum > most) [best, most] = [{ y, x }, sum];
    }
  return {
    x: best.x * factor,
    y: best.y * factor,
    width: Math.min(side[1] * factor, description.width - best.x * factor),
    height: Math.min(side[0] * factor, description.height - best.y * factor),
  };
};

/** A box enlarged by a border, and the position of the box within it. */
const withBorder = (box: PixelBox, whole: PixelBox): { readonly outer: PixelBox; readonly inner: PixelBox } => {
  const [x, y] = [Math.max(0, box.x - BORDER), Math.max(0, box.y - BORDER)];
  const outer = {
    x,
    y,
    width: Math.min(whole.width, box.x + box.width + BORDER) - x,
    height: Math.min(whole.height, box.y + box.height + BORDER) - y,
  };
  return { outer, inner: { ...box, x: box.x - x, y: box.y - y } };
};

const scaled = (box: PixelBox, factor: number): PixelBox => ({
  x: Math.round(box.x * factor),
  y: Math.round(box.y * factor),
  width: Math.round(box.width * factor),
  height: Math.round(box.height * factor),
});

/** The detail of the target, and the reference's scale factor if the two can be compared. */
const targetBox = (
  description: ImageDescription,
  { region, reference }: ZoomTarget,
): { readonly box: PixelBox; readonly factor: number | undefined } => {
  const [height, width] = sizeOf(reference);
  const factor = width / description.width;
  const shared = [greatestDivisor(height, description.height), greatestDivisor(width, description.width)] as const;
  const comparable =
    height / description.height === factor && factor > 1 && factor <= ZOOM && Math.min(...shared) >= MIN_CELLS;
  const cells = comparable ? shared : ([description.height, description.width] as const);
  return { box: snappedBox(description, region, cells), factor: comparable ? factor : undefined };
};

/** Draws the detail. @throws the reason of `signal` when it is aborted */
export const makeZoom = async (input: ZoomInput): Promise<Zoom> => {
  const { field, description, points, shown, target, signal } = input;
  const { box, factor } = target
    ? targetBox(description, target)
    : { box: busiestBox(description, shown), factor: undefined };
  const fieldAt = (times: number): Promise<Image> =>
    sampleGrid(field, description, gridOver(description, box, scaled({ ...box, x: 0, y: 0 }, times)), {
      quantity: 'value',
      signal,
    });
  const pictures: Record<string, Image> = { 'zoom-field': await fieldAt(ZOOM) };
  if (points === undefined) return { pictures, box };
  const { outer, inner } = withBorder(box, wholeBox(description));
  const bicubicAt = (times: number): Image => {
    // A cropped border must be whole pixels of the result. With a fractional factor, resize the whole image.
    const from = Number.isInteger(times) ? { outer, inner } : { outer: wholeBox(description), inner: box };
    const pixels = readPixels(description, points, from.outer);
    const { width, height } = scaled({ ...from.outer, x: 0, y: 0 }, times);
    return crop(resizeImage(pixels, { width, height, kernel: 'bicubic' }), scaled(from.inner, times));
  };
  pictures['zoom-pixels'] = readPixels(description, points, box);
  pictures['zoom-bicubic'] = bicubicAt(ZOOM);
  if (target === undefined || factor === undefined) return { pictures, box };
  const original = crop(target.reference, scaled(box, factor));
  pictures['zoom-photograph'] = original;
  const against = (image: Image): number => psnr(colours(clip(image)), colours(original));
  return {
    pictures,
    box,
    metrics: { factor, field: against(await fieldAt(factor)), bicubic: against(bicubicAt(factor)) },
  };
};
