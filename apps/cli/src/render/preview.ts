/** @file A picture of the surface during a fit, beside the output. */

import { type Output, UsageError } from '@neural-fields/app-kit';
import { createCamera, renderSurface } from '@neural-fields/app-kit/render';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import { FileError } from '@neural-fields/core/node';
import { fieldFunction } from '@neural-fields/shapes';
import { writeImage } from '@neural-fields/signals/node';
import ndarray from 'ndarray';

/** Where and how often previews are drawn. */
export interface PreviewOptions {
  readonly output: string;
  /** If absent, the output's path with .png appended. */
  readonly preview?: string;
  /** Seconds between previews; 0 for none. */
  readonly previewEvery: number;
}

/** Draws previews. */
export interface Preview {
  /** Draws a preview if one is due. */
  update(field: Field, signal: AbortSignal): Promise<void>;
  /** Draws the last one, at a somewhat larger size. */
  finish(field: Field, signal: AbortSignal): Promise<void>;
}

/**
 * The side length in pixels during the fit, and when it finishes. It is small, since a ray takes dozens of evaluations
 * and a fit should finish in about a minute.
 */
const SIDES = { going: 128, last: 256 } as const;

/**
 * Where the previews of a fit are drawn; `undefined` for signals that have none, or if none are requested.
 *
 * @throws UsageError when `--preview` is given and the signal is not a shape
 */
export const previewFile = ({ kind }: SignalDescription, options: PreviewOptions): string | undefined => {
  const { preview = `${options.output}.png`, previewEvery } = options;
  if (kind !== 'shape' && options.preview !== undefined)
    throw new UsageError({
      what: '--preview',
      problem: `it is for shapes, not for ${kind === 'image' ? 'images' : 'sounds'}`,
    });
  return kind !== 'shape' || previewEvery === 0 ? undefined : preview;
};

/** The previews of a fit, as a PNG. @param every seconds between previews */
export const openPreview = (preview: string, every: number, output: Output): Preview => {
  const camera = createCamera({ azimuth: 30, elevation: 20 });
  let drawnAt = performance.now();
  let failed = false;
  const draw = async (field: Field, side: number, signal: AbortSignal): Promise<void> => {
    try {
      const pixels = await renderSurface(fieldFunction(field), camera, { width: side, height: side, signal });
      await writeImage(preview, ndarray(pixels, [side, side, 3]));
    } catch (error) {
      // The fit will observe the signal too, and save its state, which an error thrown here would prevent.
      if (signal.aborted) return;
      if (!(error instanceof FileError)) throw error;
      if (!failed) output.warn(`the preview cannot be written: ${error.message}`);
      failed = true;
    }
    drawnAt = performance.now();
  };
  return {
    update: async (field, signal) => {
      if (performance.now() - drawnAt >= 1000 * every) await draw(field, SIDES.going, signal);
    },
    finish: (field, signal) => draw(field, SIDES.last, signal),
  };
};
