/** @file A detail of an image drawn more finely than its pixels: by the field, by bicubic interpolation, and itself. */
import type { Region } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { type Image, type PointSet, psnr, resizeImage } from '@neural-fields/signals';
import { brightness, clip, colours, crop, sizeOf } from './image-maths.ts';
import { readPixels } from './original-pixels.ts';
import { gridOver, type PixelBox, type ShownGrid, sampleGrid, wholeBox } from './pixel-grid.ts';

/** How much larger than the pixels of the fit the detail is shown. */
export const ZOOM = 4;

/** The longest side of a detail that is looked for, in pixels. */
const DETAIL_SIDE = 96;

/** Pixels around the detail that bicubic interpolation sees too. */
const BORDER = 4;

/** Which detail is shown, and what it is compared with. */
export interface ZoomTarget {
  readonly region: Region;
  /** The same image with more pixels. */
  readonly reference: Image;
}

/** What is zoomed into. */
export interface ZoomInput {
  readonly field: Field;
  readonly description: ImageDescription;
  readonly points?: PointSet | undefined;
  /** The picture in which the detail is looked for. */
  readonly shown: { readonly grid: ShownGrid; readonly picture: Image };
  /** In place of a detail that is looked for. */
  readonly target?: ZoomTarget | undefined;
  readonly signal: AbortSignal;
}

/** The pictures of a detail. */
export interface Zoom {
  /** Named `zoom-...`. */
  readonly pictures: Readonly<Record<string, Image>>;
  /**
   * Of the detail at `factor` times the pixels, against the reference; absent where it has no such number of pixels.
   */
  readonly metrics?: { readonly factor: number; readonly field: number; readonly bicubic: number };
  readonly box: PixelBox;
}

/** With fewer cells to a side, the detail would be another part of the picture. */
const MIN_CELLS = 16;

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The pixels of a region whose edges are whole multiples of a cell, of which `cells` make a side. */
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

/** The square of the shown picture whose neighbouring pixels differ most, in pixels of the image. */
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

/** A box with its surroundings, and where the box lies in them. */
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

/** The detail of the target, and how many times more pixels its reference has where the two can be compared. */
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
    // A border that is cut must be whole pixels of the result: the whole image is, where the factor is no integer.
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
