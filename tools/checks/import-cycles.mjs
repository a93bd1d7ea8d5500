import { posix } from 'node:path';

/** @typedef {import('../lib/projects.mjs').Project} Project */
/** @typedef {import('./import-rules.mjs').SourceFile} SourceFile */

/** Apps whose sources are held to the rule. */
const CHECKED_APPS = ['apps/cli', 'apps/reproduce'];

/**
 * In the sources of packages, and of some apps, neither files nor folders import each other in circles: whoever reads
 * one can stop there. A folder is one directly below `src`; a file directly in `src` stands for itself.
 *
 * @param {readonly Project[]} projects
 * @param {readonly SourceFile[]} files
 * @returns {string[]} One sentence for each circle.
 */
export function cycleErrors(projects, files) {
  return projects
    .filter(({ directory }) => directory.startsWith('packages/') || CHECKED_APPS.includes(directory))
    .flatMap(({ directory }) => {
      const source = `${directory}/src/`;
      const own = files.filter(({ path }) => path.startsWith(source));
      const edges = own.flatMap(({ path, imports }) =>
        imports
          .filter(specifier => specifier.startsWith('.'))
          .map(specifier => /** @type {const} */ ([path, posix.join(posix.dirname(path), specifier)]))
          .filter(([, target]) => target.startsWith(source)),
      );
      /** @param {string} path */
      const folderOf = path => path.slice(source.length).split('/')[0] ?? '';
      const betweenFolders = edges.map(([from, to]) => /** @type {const} */ ([folderOf(from), folderOf(to)]));
      return [
        ...circlesOf(edges).map(circle => `files import each other in a circle: ${circle.join(' > ')}`),
        ...circlesOf(betweenFolders).map(
          circle => `${source}: folders import each other in a circle: ${circle.join(' > ')}`,
        ),
      ];
    });
}

/**
 * @param {readonly (readonly [from: string, to: string])[]} edges
 * @returns {string[][]} At least one circle of each group of nodes that reach each other, its first node again at the
 *   end.
 */
function circlesOf(edges) {
  /** @type {Map<string, Set<string>>} */
  const next = new Map();
  for (const [from, to] of edges) if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[][]} */
  const circles = [];
  /** @type {string[]} */
  const trail = [];
  /** @param {string} node */
  const visit = node => {
    const known = trail.indexOf(node);
    if (known >= 0) circles.push([...trail.slice(known), node]);
    if (known >= 0 || done.has(node)) return;
    trail.push(node);
    for (const target of next.get(node) ?? []) visit(target);
    trail.pop();
    done.add(node);
  };
  for (const node of next.keys()) visit(node);
  return circles;
}
