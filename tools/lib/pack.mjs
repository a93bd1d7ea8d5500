import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionalDependencies } from '../../packages/kernels-native/scripts/platforms.mjs';
import { listPublicProjects, root } from './projects.mjs';
import { pnpm, run } from './run.mjs';

/** The package whose binaries are in packages of their own, one for each platform. */
export const NATIVE = '@neural-fields/kernels-native';

/**
 * A packed package.
 *
 * @typedef {object} Packed
 * @property {import('./projects.mjs').Project} project
 * @property {string} tarball The path of its file.
 */

/**
 * Packs every public package as it would be published. They must have been built.
 *
 * @param {string} destination A folder, made where it is missing.
 * @returns {Packed[]}
 */
export function packAll(destination) {
  mkdirSync(destination, { recursive: true });
  const projects = listPublicProjects();
  const filters = projects.flatMap(({ manifest }) => ['--filter', manifest.name]);
  const { ok, output } = pnpm(['--recursive', ...filters, 'pack', '--pack-destination', destination]);
  if (!ok) throw new Error(`pnpm pack failed\n${output}`);
  const made = readdirSync(destination);
  return projects.map(project => {
    const { name, version } = project.manifest;
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
    if (!made.includes(file)) throw new Error(`pnpm pack made no ${file}\n${output}`);
    const tarball = join(destination, file);
    if (name === NATIVE) addOptionalDependencies(tarball, optionalDependencies(version));
    return { project, tarball };
  });
}

/**
 * Puts optional dependencies into a packed manifest. They cannot stand in the source's: the packages are made at a
 * release, and until then an installation in the workspace would not find them.
 *
 * @param {string} tarball
 * @param {Readonly<Record<string, string>>} optionalDependencies
 */
function addOptionalDependencies(tarball, optionalDependencies) {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-repack-'));
  try {
    demand(run('tar', ['-xzf', tarball, '-C', folder]));
    const file = join(folder, 'package/package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, `${JSON.stringify({ ...manifest, optionalDependencies }, undefined, 2)}\n`);
    demand(run('tar', ['-czf', tarball, '-C', folder, 'package']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Packs the binaries of the native kernels: for every platform with Zig, which is installed where it is missing, or
 * only the one that `npm run build:native` has made here.
 *
 * @param {string} destination A folder, made where it is missing.
 * @param {'all' | 'local'} which
 * @returns {string[]} The names of the tarballs.
 */
export function packPlatforms(destination, which) {
  const script = join(root, 'packages/kernels-native/scripts/platform-packages.mjs');
  const { printed } = demand(run(process.execPath, [script, destination, ...(which === 'local' ? ['--local'] : [])]));
  return printed.trim().split('\n');
}

/**
 * @param {import('./run.mjs').Finished} finished
 * @returns {import('./run.mjs').Finished}
 */
function demand(finished) {
  if (!finished.ok) throw new Error(finished.output);
  return finished;
}
