/** @file What a prior's file says about its pictures. */
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import { decodePrior, type Prior } from '@neural-fields/hypernetworks';
import type { PictureSize } from './pictures.ts';

/** The metadata key of {@link PicturesOfPrior}, which is stored as JSON. */
export const PRIOR_PICTURES_KEY = 'pictures';

/** The pictures of a prior, and the distribution of their latents. */
export interface PicturesOfPrior extends PictureSize {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** A prior from a file. */
export interface LoadedPrior {
  readonly prior: Prior;
  readonly pictures: PicturesOfPrior;
}

const isNumbers = (value: unknown, length: number): boolean =>
  Array.isArray(value) && value.length === length && value.every(x => Number.isFinite(x));

const parsePictures = (text: string | undefined, prior: Prior): PicturesOfPrior | undefined => {
  try {
    const value = JSON.parse(text ?? '') as PicturesOfPrior;
    const { latentFeatures } = prior.spec;
    const fits =
      Number.isInteger(value.side) &&
      value.side >= 2 &&
      value.side <= 1024 &&
      value.channels === prior.outFeatures &&
      prior.inFeatures === 2 &&
      isNumbers(value.mean, latentFeatures) &&
      isNumbers(value.deviation, latentFeatures);
    return fits ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Reads the prior of pictures. The caller disposes of it. @throws InputError when the file is not one */
export const loadPrior = async (path: string): Promise<LoadedPrior> => {
  const bytes = await readInput(path);
  let read: ReturnType<typeof decodePrior>;
  try {
    read = decodePrior(bytes, extensions);
  } catch (error) {
    throw new InputError(explainedWithin(`cannot read the prior '${path}'`, error), { cause: error });
  }
  const { prior, metadata } = read;
  const pictures = parsePictures(metadata[PRIOR_PICTURES_KEY], prior);
  if (pictures) return { prior, pictures };
  prior.dispose();
  throw new InputError({ what: `'${path}'`, problem: 'the prior does not say which pictures it was trained on' });
};
