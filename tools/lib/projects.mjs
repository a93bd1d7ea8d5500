import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The part of a package.json that the tools read.
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string} [packageManager]
 * @property {string} [homepage]
 * @property {string} [bugs]
 * @property {{ type: string, url: string, directory?: string }} [repository]
 * @property {{ node: string }} [engines]
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string | Record<string, string>>} [exports]
 * @property {Record<string, Record<string, string | Record<string, string>>>} [imports]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 */

/**
 * A package of the workspace.
 *
 * @typedef {object} Project
 * @property {string} directory Relative to the root, with forward slashes: `packages/core`.
 * @property {Manifest} manifest
 */

/**
 * @param {string} directory Relative to the root.
 * @returns {Manifest}
 */
export function readManifest(directory) {
  return JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
}

/**
 * Every package of the workspace, by folder name.
 *
 * @returns {Project[]}
 */
export function listProjects() {
  const inside = ['packages', 'apps'].flatMap(parent => {
    const entries = existsSync(join(root, parent)) ? readdirSync(join(root, parent)) : [];
    return entries.map(name => `${parent}/${name}`);
  });
  return [...inside.sort(), 'tools']
    .filter(directory => existsSync(join(root, directory, 'package.json')))
    .map(directory => ({ directory, manifest: readManifest(directory) }));
}

/**
 * The packages that are published.
 *
 * @returns {Project[]}
 */
export function listPublicProjects() {
  return listProjects().filter(({ manifest }) => !manifest.private);
}

/**
 * What can be imported of a package: `@scope/name`, `@scope/name/node`; not its JSON files.
 *
 * @param {Project} project
 * @returns {string[]}
 */
export function codeSubpaths({ manifest }) {
  const subpaths = Object.entries(manifest.exports ?? {}).filter(([, target]) => typeof target === 'object');
  return subpaths.map(([subpath]) => `${manifest.name}${subpath.slice(1)}`);
}
