/** @file The version of a peer's code that stored results belong to: a hash of the files that it runs. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { packageFolder, peerEntry, peerModules, pythonFile } from '../files.ts';
import type { QualityPeer } from './trial.ts';

/** The packages whose code decides the result of a fit, besides the kernels of each backend. */
const FITTING = ['core', 'losses', 'signals', 'kernels-wasm'] as const;

const PYTORCH_SCRIPT = 'quality_pytorch_peer.py';

/** Programs and kernels: no types, no source maps. */
const isCode = (name: string): boolean => /\.(?:c?js|mjs|wasm|node)$/.test(name);

/** The programs and kernels in a folder and its folders. */
export const codeIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile() && isCode(entry.name))
        .map(entry => join(entry.parentPath, entry.name))
    : [];

/** A script of the folder `python`, and the modules of that folder that it imports, directly or not. */
const scriptWithModules = (name: string, known: Set<string> = new Set()): Set<string> => {
  const file = pythonFile(name);
  if (known.has(file) || !existsSync(file)) return known;
  known.add(file);
  for (const [, module] of readFileSync(file, 'utf8').matchAll(/^(?:from|import) (\w+)/gm))
    scriptWithModules(`${module}.py`, known);
  return known;
};

/** The files that a peer runs, as far as they belong to this repository. */
export const codeFilesOf = (peer: QualityPeer): readonly string[] => {
  if (peer === 'pytorch') return [...scriptWithModules(PYTORCH_SCRIPT)];
  const packages = peer === 'native' ? [...FITTING, 'kernels-native'] : FITTING;
  return [
    peerEntry,
    ...codeIn(peerModules),
    ...packages.flatMap(name => ['dist', 'build'].flatMap(part => codeIn(packageFolder(name, part)))),
  ];
};

/** A hash of files: of their contents, and of their paths relative to a folder. */
export const hashFiles = (files: readonly string[], folder: string): string => {
  const hash = createHash('sha256');
  const named = files.map(file => [relative(folder, file).split(sep).join('/'), file] as const);
  for (const [name, file] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = readFileSync(file);
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
};

/** The hash of the code that a peer runs. */
export const peerCode = (peer: QualityPeer): string => hashFiles(codeFilesOf(peer), packageFolder('..', ''));
