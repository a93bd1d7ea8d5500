/** @file The version of the code that fits networks: stored results belong to it. */
import { dirname, join } from 'node:path';
import { packageFolder, peerEntry } from '../files.ts';
import { codeFilesOf, codeIn, hashFiles } from '../quality/peer-code.ts';

/** Packages whose code decides the result of a fit, besides those of every fit. */
const PACKAGES = ['encodings', 'networks', 'periodic-init', 'shapes', 'solvers'] as const;
/** The modules of this program that run in workers; those that only plan, show and write are none of them. */
const MODULES = ['bands', 'field-sampler', 'fit-trial', 'frequency', 'network-of-trial', 'sized-network'] as const;

/** The hash of the code that fits networks on a backend. */
export const workerCode = (backend: 'native' | 'simd'): string => {
  const own = join(dirname(peerEntry), 'networks');
  const files = [
    ...codeFilesOf(backend),
    ...PACKAGES.flatMap(name => codeIn(packageFolder(name, 'dist'))),
    ...codeIn(join(own, 'tasks')),
    ...codeIn(own).filter(file => MODULES.some(name => file === join(own, `${name}.js`))),
  ];
  return hashFiles([...new Set(files)], packageFolder('..', ''));
};
