// What a release needs, made without rights to release anything: either the change that raises the versions, or the
// packed packages. `node tools/release.mjs <folder>`; continuous integration hands the folder to jobs that run nothing
// of this repository.
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { NATIVE, packAll, packPlatforms } from './lib/pack.mjs';
import { listPublicProjects, root } from './lib/projects.mjs';
import { findPublished, orderByDependencies } from './lib/release.mjs';
import { nx, run } from './lib/run.mjs';

const [destination] = process.argv.slice(2);
if (!destination) {
  console.error('usage: node tools/release.mjs <folder>');
  process.exit(2);
}
const folder = resolve(destination);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const changesets = readdirSync(join(root, '.changeset')).filter(name => name.endsWith('.md') && name !== 'README.md');
const kind = changesets.length > 0 ? raiseVersions() : packUnpublished();
console.log(`release: ${kind}`);
if (process.env['GITHUB_OUTPUT']) appendFileSync(process.env['GITHUB_OUTPUT'], `kind=${kind}\n`);

/**
 * Uses the changesets up and writes what that changes as `version.patch`.
 *
 * @returns {'version'}
 */
function raiseVersions() {
  demand(run('npm', ['run', 'version-packages']));
  demand(run('git', ['add', '--all']));
  const { printed } = demand(run('git', ['diff', '--cached', '--binary']));
  writeFileSync(join(folder, 'version.patch'), printed);
  return 'version';
}

/**
 * Builds and packs the packages, if their version is not published yet. `order` lists the files so that each comes
 * after those that its package depends on.
 *
 * @returns {'publish' | 'nothing'}
 */
function packUnpublished() {
  const projects = listPublicProjects();
  const published = new Set(findPublished(projects));
  const open = new Set(
    projects.filter(project => !published.has(project.manifest.name)).map(({ manifest }) => manifest.name),
  );
  if (open.size === 0) return 'nothing';
  demand(nx(['run-many', '-t', 'build']));
  const packed = packAll(folder);
  const files = new Map(packed.map(({ project, tarball }) => [project.manifest.name, tarball]));
  // The binaries come before the package that asks for them. What a first attempt has published of them is passed over
  // then.
  const binaries = open.has(NATIVE) ? packPlatforms(folder, 'all') : [];
  const order = orderByDependencies(projects).flatMap(name =>
    open.has(name) ? [...(name === NATIVE ? binaries : []), basename(files.get(name) ?? '')] : [],
  );
  // pnpm packs the root, too, since it has the name of the command line tool.
  for (const file of readdirSync(folder)) if (!order.includes(file)) rmSync(join(folder, file));
  writeFileSync(join(folder, 'order'), order.map(file => `${file}\n`).join(''));
  writeFileSync(join(folder, 'version'), `${projects[0]?.manifest.version}\n`);
  return 'publish';
}

/**
 * @param {import('./lib/run.mjs').Finished} finished
 * @returns {import('./lib/run.mjs').Finished}
 */
function demand(finished) {
  if (finished.ok) return finished;
  console.error(finished.output);
  process.exit(1);
}
