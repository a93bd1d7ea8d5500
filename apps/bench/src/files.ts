/**
 * @file The locations of this program's other files. It runs from the sources (`src`) or from the build (`dist`), both
 * one folder below `apps/bench`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The built entry point of the peers in JavaScript. */
export const peerEntry: string = join(here, '../dist/peer.js');

/** The folder of the modules of {@link peerEntry}. */
export const peerModules: string = join(here, '../dist/peers');

/** A folder of a package of this repository. */
export const packageFolder = (name: string, part: string): string => join(here, '../../../packages', name, part);

/** A file of the folder `python`. */
export const pythonFile = (name: string): string => join(here, '../python', name);

/** The git-ignored folder for everything that tools and this program set up once. */
export const setUpFolder: string = join(here, '../../../out');
