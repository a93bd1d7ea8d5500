import { run } from './run.mjs';

/** @typedef {import('./projects.mjs').Project} Project */

/**
 * The packages whose present version the registry has.
 *
 * @param {readonly Project[]} projects
 * @returns {string[]} Their names.
 * @throws {Error} Where the registry does not answer, which does not mean that it has nothing.
 */
export function findPublished(projects) {
  const names = [];
  for (const { manifest } of projects) {
    const { ok, output } = run('npm', ['view', `${manifest.name}@${manifest.version}`, 'version', '--json']);
    // For a version that a known package lacks, npm prints nothing and is content.
    if (ok && output.includes(manifest.version)) names.push(manifest.name);
    else if (!ok && !output.includes('E404')) throw new Error(`the registry was asked for ${manifest.name}: ${output}`);
  }
  return names;
}

/**
 * Names of packages, each after those of the list that it depends on.
 *
 * @param {readonly Project[]} projects
 * @returns {string[]}
 */
export function orderByDependencies(projects) {
  const open = new Map(projects.map(({ manifest }) => [manifest.name, manifest]));
  /** @type {string[]} */
  const order = [];
  while (open.size > 0) {
    const ready = [...open.values()].filter(manifest => {
      const needed = Object.keys({
        ...manifest.dependencies,
        ...manifest.peerDependencies,
        ...manifest.optionalDependencies,
      });
      return !needed.some(name => open.has(name));
    });
    if (ready.length === 0) throw new Error(`these packages depend on each other: ${[...open.keys()].join(', ')}`);
    for (const { name } of ready) {
      order.push(name);
      open.delete(name);
    }
  }
  return order;
}
