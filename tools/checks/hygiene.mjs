import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listProjects, readManifest, root } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';
import { commentErrors } from './comments.mjs';

const dependencyFields = /** @type {const} */ (['dependencies', 'devDependencies', 'optionalDependencies']);

/**
 * Checks what no other tool looks at: what is committed, what the lockfile names, and what every package must have.
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkHygiene() {
  const projects = listProjects();
  const manifests = [{ directory: '.', manifest: readManifest('.') }, ...projects];
  const errors = [
    ...committedErrors(),
    ...commentErrors(),
    ...lockfileErrors(),
    ...manifests.flatMap(manifestErrors),
    ...projects.flatMap(packageErrors),
  ];
  return { ok: errors.length === 0, output: errors.join('\n') };
}

/**
 * @returns {string[]}
 */
function committedErrors() {
  const { ok, output } = run('git', ['ls-files']);
  // An unpacked archive has no git folder; there is then nothing that could have been committed by mistake.
  if (!ok) return [];
  const generated = output
    .split('\n')
    .filter(file => /(^|\/)(dist|generated|node_modules|\.test|\.nx)\/|\.(tgz|tsbuildinfo|o|out|node)$/.test(file));
  return generated.map(file => `${file} is generated, and should not be committed`);
}

/**
 * @returns {string[]}
 */
function lockfileErrors() {
  const lines = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').split('\n');
  return lines.flatMap((line, i) =>
    /https?:\/\//.test(line) ? [`pnpm-lock.yaml:${i + 1} names a host: ${line.trim()}`] : [],
  );
}

/**
 * @param {import('../lib/projects.mjs').Project} project
 * @returns {string[]}
 */
function manifestErrors({ directory, manifest }) {
  return dependencyFields.flatMap(field =>
    Object.entries(manifest[field] ?? {})
      .filter(([, version]) => version !== 'workspace:*' && !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${directory}/package.json: ${field} must be exact, and ${name} is ${version}`),
  );
}

/**
 * @param {import('../lib/projects.mjs').Project} project
 * @returns {string[]}
 */
function packageErrors({ directory, manifest }) {
  return [...fileErrors({ directory, manifest }), ...(manifest.private ? [] : linkErrors({ directory, manifest }))];
}

/**
 * The links of a published package follow from the repository that the root's manifest names.
 *
 * @param {import('../lib/projects.mjs').Project} project
 * @returns {string[]}
 */
function linkErrors({ directory, manifest }) {
  const { repository } = readManifest('.');
  if (repository === undefined) return ['package.json must name the repository'];
  const page = repository.url.replace(/^git\+|\.git$/g, '');
  /** @type {Pick<import('../lib/projects.mjs').Manifest, 'homepage' | 'bugs' | 'repository'>} */
  const wanted = {
    homepage: `${page}/tree/main/${directory}#readme`,
    bugs: `${page}/issues`,
    repository: { ...repository, directory },
  };
  const { homepage, bugs, repository: own } = manifest;
  return JSON.stringify({ homepage, bugs, repository: own }) === JSON.stringify(wanted)
    ? []
    : [`${directory}/package.json must have ${JSON.stringify(wanted)}`];
}

/**
 * @param {import('../lib/projects.mjs').Project} project
 * @returns {string[]}
 */
function fileErrors({ directory, manifest }) {
  const files = manifest.private ? ['README.md'] : ['README.md', 'LICENSE'];
  return files.filter(file => !existsSync(join(root, directory, file))).map(file => `${directory}/${file} is missing`);
}
