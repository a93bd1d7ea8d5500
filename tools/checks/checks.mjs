import { run } from '../lib/run.mjs';
import { checkChangesets } from './changesets.mjs';
import { checkHygiene } from './hygiene.mjs';
import { checkImports } from './imports.mjs';
import { checkSizes } from './sizes.mjs';
import { checkManifests, checkTypesOfExports } from './tarballs.mjs';

/**
 * A static check.
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {() => { ok: boolean, output: string } | Promise<{ ok: boolean, output: string }>} run
 */

/**
 * Every static check, the quick ones first.
 *
 * @type {readonly Check[]}
 */
export const checks = [
  { name: 'format and lint (biome)', run: () => run('biome', ['ci', '--error-on-warnings', '--colors=off', '.']) },
  { name: 'types (tsc)', run: () => run('npm', ['run', '--silent', 'typecheck']) },
  { name: 'import directions', run: checkImports },
  { name: 'unused code and dependencies (knip)', run: () => run('knip', ['--no-progress']) },
  { name: 'manifests of the packed packages (publint)', run: checkManifests },
  { name: 'types of the packed packages (attw)', run: checkTypesOfExports },
  { name: 'bundle size (size-limit)', run: () => run('size-limit', []) },
  { name: 'sizes in READMEs', run: () => checkSizes() },
  { name: 'changesets', run: checkChangesets },
  { name: 'repository hygiene', run: checkHygiene },
];
