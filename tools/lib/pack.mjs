import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listPublicProjects } from './projects.mjs';
import { pnpm } from './run.mjs';

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
    return { project, tarball: join(destination, file) };
  });
}
