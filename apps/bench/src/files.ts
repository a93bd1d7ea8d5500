/**
 * @file Where the other files of this program lie. It runs from the sources (`src`), as it was built (`dist`), or bundled: then everything is one
 * folder, with `peer.mjs` and `python` beside the bundled file.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const bundled = existsSync(join(here, 'python'));

/** The entry of the peers in JavaScript, as it was built. */
export const peerEntry: string = bundled ? join(here, 'peer.mjs') : join(here, '../dist/peer.js');

/** A file of the folder `python`. */
export const pythonFile = (name: string): string => join(here, bundled ? 'python' : '../python', name);

/** The git-ignored folder for what tools and this program set up once. */
export const setUpFolder: string = bundled ? join(process.cwd(), 'out') : join(here, '../../../out');
