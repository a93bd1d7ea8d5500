/** @file The display range of a derivative, if none is given. */
import type { Field } from '@neural-fields/core';
import type { ImageDescription } from '../signals/signal-description.ts';
import { type DisplayRange, type ImageView, toPicture, viewPoints } from './image-view.ts';
import { type Quantity, sampleAll } from './sample-field.ts';

/** The maximum side length of the preview, in pixels. */
const PREVIEW = 256;
/** The fraction of the preview's pixels that keep their contrast; the brightest few would leave the rest dark. */
const KEPT = 0.995;

/** The value below which the fraction `part` of the values lies. */
export const quantile = (values: Float32Array, part: number): number => {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
};

/**
 * A range that covers most of the values: from 0 for the length of a gradient, symmetric for a Laplacian, so that 0 is
 * middle grey.
 */
export const rangeOf = (values: Float32Array, quantity: Quantity): DisplayRange => {
  if (quantity === 'value') return [0, 1];
  const limit = quantile(values.map(Math.abs), KEPT) || 1;
  return quantity === 'gradient' ? [0, limit] : [-limit, limit];
};

/** The range for a view, estimated from a small preview of it. */
export const previewRange = async (
  field: Field,
  signal: ImageDescription,
  view: ImageView,
  { quantity, signal: abort }: { readonly quantity: Quantity; readonly signal?: AbortSignal },
): Promise<DisplayRange> => {
  if (quantity === 'value') return [0, 1];
  const factor = Math.min(1, PREVIEW / Math.max(view.width, view.height));
  const small = {
    ...view,
    width: Math.max(1, Math.round(view.width * factor)),
    height: Math.max(1, Math.round(view.height * factor)),
  };
  const values = await sampleAll(field, viewPoints(signal, small), { quantity, signal: abort });
  return rangeOf(toPicture(signal, quantity, values), quantity);
};
