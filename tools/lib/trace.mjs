import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import esbuild from 'esbuild';
import { root } from './projects.mjs';

/**
 * Every file that scripts load by `import` and `require`, found as Node would find it, whether or not it comes to be
 * run. Names that are only known at run time are not followed.
 *
 * @param {readonly string[]} entries Relative to the root.
 * @returns {Promise<string[]>} Relative to the root, without links on their way:
 *   `node_modules/.pnpm/d3@7.9.2/node_modules/d3/src/index.js`.
 * @throws Where a name leads nowhere.
 */
export async function traceImports(entries) {
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [...entries],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    platform: 'node',
    // The rules of Node, where esbuild has rules of its own: what a bundler may leave out or prefer, Node loads as it
    // stands.
    mainFields: ['main'],
    conditions: ['node-addons', ...('require_module' in process.features ? ['module-sync'] : [])],
    resolveExtensions: ['.js', '.json', '.node'],
    ignoreAnnotations: true,
    treeShaking: false,
    tsconfigRaw: {},
    loader: { '.node': 'empty' },
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}

/**
 * The folder of the package that a file belongs to.
 *
 * @param {string} file Relative to the root.
 * @returns {string} `packages/core`, or `node_modules/.pnpm/d3@7.9.2/node_modules/d3`.
 */
export function packageOf(file) {
  const [found] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)|^(?:packages|apps)\/[^/]+(?=\/)/.exec(file) ?? [];
  if (found === undefined) throw new Error(`'${file}' belongs to no package`);
  return found;
}

/**
 * What files need around them to be found by Node: the package.json of each folder above them, and beside these the
 * licences.
 *
 * @param {readonly string[]} files Relative to the root.
 * @returns {string[]} Relative to the root.
 */
export function manifestsOf(files) {
  const folders = new Set();
  for (const file of files) {
    const top = packageOf(file);
    for (let folder = dirname(file); folder.length >= top.length; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].flatMap(folder => {
    const names = readdirSync(join(root, folder)).filter(name =>
      /^(package\.json|(licen[cs]e|notice|copying)\b.*)$/i.test(name),
    );
    return names.map(name => join(folder, name)).filter(file => lstatSync(join(root, file)).isFile());
  });
}

/**
 * The links by which packages find each other, among those given.
 *
 * @param {ReadonlySet<string>} packages Folders relative to the root.
 * @returns {{ link: string, target: string }[]} Both relative to the root.
 */
export function linksAmong(packages) {
  const homes = new Set(
    [...packages].map(folder => /^.*node_modules(?=\/)/.exec(folder)?.[0] ?? join(folder, 'node_modules')),
  );
  return [...homes]
    .filter(home => existsSync(join(root, home)))
    .flatMap(home => {
      const names = readdirSync(join(root, home));
      const scopes = names.filter(name => name.startsWith('@'));
      const scoped = scopes.flatMap(scope => readdirSync(join(root, home, scope)).map(name => `${scope}/${name}`));
      return [...names, ...scoped].map(name => join(home, name));
    })
    .filter(link => lstatSync(join(root, link)).isSymbolicLink())
    .map(link => ({ link, target: relative(root, realpathSync(join(root, link))) }))
    .filter(({ target }) => packages.has(target));
}
