/** @file The small picture of a field that is taken at some steps of its fit. */
import type { AudioDescription, ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { Image } from '@neural-fields/signals';
import { chooseExcerpt, mono, readExcerpt, sampleExcerpt } from '../page/audio/excerpt.ts';
import { loudest, spectrogramOf, spectrogramPicture } from '../page/audio/spectrogram.ts';
import { clip } from '../page/image/image-maths.ts';
import { sampleGrid, shownGrid } from '../page/image/pixel-grid.ts';
import { FRONT, pictureOf, surfaceOf } from '../page/shape/surface.ts';
import type { PreparedSignal } from '../signals/prepared-signal.ts';

/** Draws a field. @throws the reason of the signal when it is aborted */
export type SnapshotView = (field: Field, signal: AbortSignal) => Promise<Image>;

/** The maximum side length, in pixels. Twelve pictures take about a twentieth of a fit with the default settings. */
const SIDE = 192;
/** The number of samples of a sound. */
const SAMPLES = 2 ** 14;
/** The number of cells of a surface along each axis. */
const RESOLUTION = 40;

const imageView = (description: ImageDescription): SnapshotView => {
  const { grid } = shownGrid(description, SIDE);
  return async (field, signal) => clip(await sampleGrid(field, description, grid, { quantity: 'value', signal }));
};

const audioView = (description: AudioDescription, { points }: PreparedSignal): SnapshotView => {
  let scene: Promise<{ readonly excerpt: Awaited<ReturnType<typeof chooseExcerpt>>; readonly top: number }> | undefined;
  const lookForScene = async (signal: AbortSignal) => {
    const excerpt = await chooseExcerpt(description, points, SAMPLES, signal);
    const original = points && readExcerpt(description, points, excerpt);
    const top = original ? loudest(spectrogramOf(mono(original, description.channels))) : 1;
    return { excerpt, top };
  };
  return async (field, signal) => {
    scene ??= lookForScene(signal);
    const { excerpt, top } = await scene;
    const samples = await sampleExcerpt(field, description, excerpt, signal);
    return spectrogramPicture(spectrogramOf(mono(samples, description.channels)), top);
  };
};

const shapeView: SnapshotView = async (field, signal) =>
  pictureOf(await surfaceOf(field, { resolution: RESOLUTION, signal }), { side: SIDE, from: FRONT });

/** The kind of picture for a signal: an image's values, a sound's spectrogram, a shape's surface. */
export const createSnapshotView = (prepared: PreparedSignal): SnapshotView => {
  const { description } = prepared;
  switch (description.kind) {
    case 'image':
      return imageView(description);
    case 'audio':
      return audioView(description, prepared);
    case 'shape':
      return shapeView;
  }
};
