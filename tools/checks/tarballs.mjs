import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAll } from '../lib/pack.mjs';
import { codeSubpaths } from '../lib/projects.mjs';
import { nx, run } from '../lib/run.mjs';

/**
 * Runs publint on every packed package: do the manifest and the files agree, for every tool that reads them?
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkManifests() {
  return forEachTarball(({ tarball }) => run('publint', [tarball, '--strict']));
}

/**
 * Runs arethetypeswrong on every packed package: does each export find its types? The packages are ESM only.
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkTypesOfExports() {
  return forEachTarball(({ tarball, project }) => {
    // A command line tool without a library has no types to find.
    if (codeSubpaths(project).length === 0) return { ok: true, output: '' };
    return run('attw', [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']);
  });
}

/**
 * Builds and packs the public packages, and looks at each.
 *
 * @param {(packed: import('../lib/pack.mjs').Packed) => { ok: boolean, output: string }} look
 * @returns {{ ok: boolean, output: string }}
 */
export function forEachTarball(look) {
  const built = nx(['run-many', '-t', 'build']);
  if (!built.ok) return built;
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-pack-'));
  try {
    const results = packAll(folder).map(look);
    const failed = results.filter(({ ok }) => !ok);
    return { ok: failed.length === 0, output: failed.map(({ output }) => output).join('\n') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
