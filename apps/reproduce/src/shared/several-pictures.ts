/** @file Several pictures for one experiment: the bundled ones, one of the user's, or a folder of them. */
import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { systemErrorReason } from '@neural-fields/core/node';
import type { ExperimentContext } from '../frame/experiment.ts';
import { loadBoats } from './boats.ts';
import { loadFlower } from './flower.ts';
import { type LoadedPicture, loadPicture, loadPictureFile } from './pictures.ts';

/** A picture with a short name. */
export interface NamedPicture {
  /** Letters, digits and hyphens, unique among the pictures. */
  readonly name: string;
  readonly picture: LoadedPicture;
}

/** The extensions of the files in a folder that count as pictures. */
const EXTENSIONS = ['.png', '.jpg', '.jpeg', '.webp', '.avif'];

const bundled: Readonly<Record<string, (settings: ExperimentContext['settings']) => Promise<LoadedPicture>>> = {
  alps: settings => loadPicture(undefined, settings),
  flower: loadFlower,
  boats: loadBoats,
};

const plainName = (path: string): string =>
  basename(path, extname(path))
    .replace(/[^a-z0-9]+/gi, '-')
    .toLowerCase();

const filesIn = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(cause => {
    throw new InputError({ what: `cannot read the folder '${folder}'`, problem: systemErrorReason(cause) }, { cause });
  });
  const pictures = names.filter(name => EXTENSIONS.includes(extname(name).toLowerCase())).sort();
  if (pictures.length === 0)
    throw new InputError({ what: `'${folder}'`, wanted: `pictures (${EXTENSIONS.join(', ')})`, got: 'none' });
  return pictures.map(name => join(folder, name));
};

/**
 * The pictures of an experiment.
 *
 * @throws InputError when one cannot be read, or is smaller than the size of the settings, or a folder has none
 */
export const loadPictures = async ({
  imageFile,
  imagesFolder,
  settings,
}: Pick<ExperimentContext, 'imageFile' | 'imagesFolder' | 'settings'>): Promise<readonly NamedPicture[]> => {
  const files = imagesFolder !== undefined ? await filesIn(imagesFolder) : imageFile !== undefined ? [imageFile] : [];
  const found: NamedPicture[] = [];
  if (files.length === 0)
    for (const [name, load] of Object.entries(bundled)) found.push({ name, picture: await load(settings) });
  const taken = new Set<string>();
  for (const file of files) {
    const plain = plainName(file);
    const name = taken.has(plain) ? `${plain}-${taken.size}` : plain;
    taken.add(name);
    found.push({ name, picture: await loadPictureFile(file, settings) });
  }
  return found;
};
