/** @file Renders a shape's field as a picture: its surface, or a slice through its distances. */

import {
  type CameraOptions,
  createCamera,
  type PictureSize,
  pointsPerPass,
  renderSurface,
  type Slice,
  slicePicture,
} from '@neural-fields/app-kit/render';
import type { Field } from '@neural-fields/core';
import { fieldFunction } from '@neural-fields/shapes';
import { writeImage } from '@neural-fields/signals/node';
import ndarray from 'ndarray';

/** What a picture of a shape shows, and how it is written. */
export interface RenderShapeOptions extends PictureSize {
  /** The surface as seen from a camera, or a slice. */
  readonly view: CameraOptions | Slice;
  readonly bitDepth: 8 | 16;
  readonly signal: AbortSignal;
  /** Called with the fraction of the work done, from 0 to 1. */
  readonly report: (share: number) => void;
}

/** Draws a shape's field to a file. @throws the reason of `signal` when it is aborted; no file is then left behind */
export const renderShape = async (field: Field, path: string, options: RenderShapeOptions): Promise<void> => {
  const { width, height, view, bitDepth, signal, report } = options;
  const shape = fieldFunction(field);
  const size = { width, height, signal, report };
  const pixels =
    'axis' in view
      ? await slicePicture(shape, { ...size, slice: view, pointsPerPass: pointsPerPass(field, 'value') })
      : await renderSurface(shape, createCamera(view), size);
  await writeImage(path, ndarray(pixels, [height, width, 3]), { bitDepth });
};
