import { builtinModules } from 'node:module';
import { posix } from 'node:path';

/** @typedef {import('../lib/projects.mjs').Project} Project */

/**
 * Which packages of `packages/` each of them may import. A new package has to be added here, so that its place is a
 * decision.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const allowedImports = {
  core: [],
  testing: [],
  report: [],
  'app-kit': [
    'core',
    'encodings',
    'networks',
    'periodic-init',
    'losses',
    'signals',
    'shapes',
    'kernels-wasm',
    'kernels-native',
    'kernels-webgpu',
  ],
  losses: ['core'],
  encodings: ['core'],
  networks: ['core', 'encodings', 'periodic-init'],
  'periodic-init': ['core'],
  pruning: ['core'],
  hypernetworks: ['core'],
  signals: ['core'],
  shapes: ['core'],
  solvers: ['core'],
  'kernel-contract': ['core'],
  'extension-example': ['core'],
  'kernels-wasm': ['core'],
  'kernels-native': ['core', 'kernels-wasm'],
  'kernels-webgpu': ['core'],
};

/** For tests only: they may be devDependencies of any package, and nothing more. */
const forTests = ['testing', 'kernel-contract'];

/** Backends, on which the tests of add-ons may run. Only apps and what they share use them otherwise. */
const backends = ['kernels-wasm', 'kernels-native', 'kernels-webgpu'];

/** Programs that another one hands over to where they are installed. For its tests they are devDependencies. */
const handOvers = [/** @type {const} */ (['apps/cli', 'apps/reproduce'])];

/** @param {string} directory */
const isForTests = directory => forTests.some(folder => directory === `packages/${folder}`);

/**
 * Whether a package may use another one in its tests, and only there.
 *
 * @param {string} source
 * @param {string} target
 */
const onlyInTests = (source, target) => {
  if (isForTests(target)) return true;
  const [parent, folder = ''] = source.split('/');
  const isAddOn = parent === 'packages' && ![...forTests, ...backends, 'core', 'app-kit'].includes(folder);
  return isAddOn && backends.some(backend => target === `packages/${backend}`);
};

/**
 * A source file and what it imports.
 *
 * @typedef {object} SourceFile
 * @property {string} path Relative to the root, with forward slashes.
 * @property {readonly string[]} imports The specifiers of its static and dynamic imports and re-exports.
 */

/**
 * An edge between two packages: the first depends on the second.
 *
 * @typedef {readonly [source: string, target: string]} Edge
 */

/**
 * Checks the direction of dependencies between packages.
 *
 * @param {readonly Project[]} projects
 * @param {readonly Edge[]} edges By package name.
 * @returns {string[]} One sentence for each violation.
 */
export function edgeErrors(projects, edges) {
  const byName = new Map(projects.map(project => [project.manifest.name, project]));
  return edges.flatMap(([sourceName, targetName]) => {
    const source = byName.get(sourceName);
    const target = byName.get(targetName);
    return source && target ? directionErrors(source, target) : [];
  });
}

/**
 * @param {Project} source
 * @param {Project} target
 * @returns {string[]}
 */
function directionErrors(source, target) {
  const [parent, folder = ''] = source.directory.split('/');
  const [targetParent, targetFolder = ''] = target.directory.split('/');
  if (parent === 'tools' || source === target) return [];
  if (handOvers.some(([from, to]) => source.directory === from && target.directory === to))
    return devOnlyErrors(source, target);
  if (targetParent !== 'packages')
    return [`${source.directory} must not depend on ${target.directory}: nothing depends on apps or tools`];
  if (onlyInTests(source.directory, target.directory)) return devOnlyErrors(source, target);
  if (parent === 'apps') return [];
  const allowed = allowedImports[folder];
  if (!allowed) return [`${source.directory} is unknown: add it to allowedImports in tools/checks/import-rules.mjs`];
  if (allowed.includes(targetFolder)) return [];
  return [`${source.directory} must not depend on ${target.directory}: allowed are ${allowed.join(', ') || 'none'}`];
}

/**
 * @param {Project} source
 * @param {Project} target
 * @returns {string[]}
 */
function devOnlyErrors({ directory, manifest }, target) {
  const published = { ...manifest.dependencies, ...manifest.peerDependencies };
  return target.manifest.name in published ? [`${directory}: ${target.manifest.name} may only be a devDependency`] : [];
}

/**
 * Checks the import statements of every source file of the workspace.
 *
 * @param {readonly Project[]} projects
 * @param {readonly SourceFile[]} files
 * @returns {string[]} One sentence for each violation.
 */
export function importErrors(projects, files) {
  return projects.flatMap(project => {
    const own = files.filter(({ path }) => path.startsWith(`${project.directory}/`));
    return [...own.flatMap(file => fileErrors(project, projects, file)), ...browserErrors(project, own)];
  });
}

/**
 * @param {Project} project
 * @param {readonly Project[]} projects
 * @param {SourceFile} file
 * @returns {string[]}
 */
function fileErrors(project, projects, { path, imports }) {
  const inSource = path.startsWith(`${project.directory}/src/`);
  const isConfig = path.endsWith('.config.ts');
  return imports.flatMap(specifier => {
    /** @param {string} problem */
    const error = problem => [`${path}: '${specifier}' ${problem}`];
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(path), specifier);
      if (isConfig || project.directory === 'tools' || target.startsWith(`${project.directory}/`)) return [];
      return error('leaves the package: import the other package by its name');
    }
    if (specifier.startsWith('#'))
      return specifier in (project.manifest.imports ?? {}) ? [] : error('is not among the imports of package.json');
    if (isBuiltin(specifier)) return [];
    const name = packageName(specifier);
    const workspace = projects.find(({ manifest }) => manifest.name === name);
    if (workspace === project) return inSource ? error('imports its own package by name: use a relative path') : [];
    if (workspace) {
      const subpath = `.${specifier.slice(name.length)}`;
      if (!(subpath in (workspace.manifest.exports ?? {}))) return error(`is not among the exports of ${name}`);
      if (inSource && !isForTests(project.directory) && onlyInTests(project.directory, workspace.directory))
        return error('is for tests only');
      const violations = directionErrors(project, workspace);
      if (violations.length > 0) return error(`breaks a rule: ${violations.join('; ')}`);
    }
    const { dependencies, peerDependencies, optionalDependencies } = project.manifest;
    if (inSource && !project.manifest.private && workspace?.manifest.private)
      return inlinedErrors(project, workspace).flatMap(error);
    if (
      inSource &&
      !project.manifest.private &&
      !(name in { ...dependencies, ...peerDependencies, ...optionalDependencies })
    ) {
      return error('is in neither dependencies nor peerDependencies');
    }
    return [];
  });
}

/**
 * A private package is built into the published ones that use it: it is a devDependency of those, and its own
 * dependencies are theirs.
 *
 * @param {Project} project
 * @param {Project} inlined
 * @returns {string[]} What is wrong with the import, for each violation.
 */
function inlinedErrors({ manifest }, inlined) {
  const { name, dependencies } = inlined.manifest;
  const missing = Object.keys(dependencies ?? {}).filter(needed => !(needed in { ...manifest.dependencies }));
  return [
    ...(name in { ...manifest.devDependencies }
      ? []
      : ['is private, so it must be a devDependency, which the build inlines']),
    ...missing.map(needed => `needs ${needed}, which is not among the dependencies`),
  ];
}

/**
 * In `packages/`, modules of Node may only be used behind the `./node` subpath: everything else also runs in browsers.
 *
 * @param {Project} project
 * @param {readonly SourceFile[]} files
 * @returns {string[]}
 */
function browserErrors({ directory, manifest }, files) {
  if (!directory.startsWith('packages/') || isForTests(directory)) return [];
  const byPath = new Map(files.map(file => [file.path, file]));
  const reached = new Set();
  const open = Object.entries(manifest.exports ?? {})
    .filter(([subpath, target]) => subpath !== './node' && typeof target === 'object')
    .map(([, target]) =>
      posix.join(directory, /** @type {Record<string, string>} */ (target)['@neural-fields/source'] ?? ''),
    );
  /** @type {string[]} */
  const errors = [];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = byPath.get(path);
    if (!file || reached.has(path)) continue;
    reached.add(path);
    for (const specifier of file.imports) {
      if (isBuiltin(specifier))
        errors.push(`${path}: '${specifier}' is a module of Node, and a browser reaches this file`);
      else if (specifier.startsWith('.')) open.push(posix.join(posix.dirname(path), specifier));
      else if (specifier.startsWith('#')) open.push(posix.join(directory, browserImport(manifest, specifier)));
    }
  }
  return errors;
}

/**
 * @param {import('../lib/projects.mjs').Manifest} manifest
 * @param {string} specifier Such as `#image-codec`, of package.json's imports.
 * @returns {string} The source file that a browser gets for it, empty where there is none.
 */
function browserImport({ imports }, specifier) {
  const source = imports?.[specifier]?.['@neural-fields/source'] ?? '';
  return typeof source === 'string' ? source : (source['browser'] ?? source['default'] ?? '');
}

/**
 * @param {string} specifier
 * @returns {string} `@scope/name` of `@scope/name/sub/path`.
 */
function packageName(specifier) {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** @param {string} specifier */
function isBuiltin(specifier) {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}
