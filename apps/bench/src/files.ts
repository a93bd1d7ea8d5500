/**
 * @file Where the other files of this program lie. It runs from the sources (`src`) or as it was built (`dist`), one
 * folder below `apps/bench`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The entry of the peers in JavaScript, as it was built. */
export const peerEntry: string = join(here, '../dist/peer.js');

/** A file of the folder `python`. */
export const pythonFile = (name: string): string => join(here, '../python', name);

/** The git-ignored folder for what tools and this program set up once. */
export const setUpFolder: string = join(here, '../../../out');
