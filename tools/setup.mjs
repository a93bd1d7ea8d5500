// Makes a fresh clone ready to run: checks Node, then installs the dependencies if they changed since the last time.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listProjects, readManifest, root } from './lib/projects.mjs';
import { packageManagerOf, pnpm, run } from './lib/run.mjs';

const manifest = readManifest('.');
const { engines } = manifest;

const wanted = engines?.node.replace('>=', '') ?? '0';
if (isOlder(process.versions.node, wanted)) {
  fail(`Node ${wanted} or newer is needed, and this is Node ${process.versions.node}.`);
}

const stamp = join(root, 'node_modules', '.installed');
const state = dependencyState();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== state) {
  console.log(`Installing the dependencies with ${packageManagerOf(manifest)}. The first time takes a minute or two.`);
  checkPackageManager();
  const { ok, output } = pnpm(['install', '--frozen-lockfile']);
  if (!ok) fail(`${output}\nThe dependencies could not be installed.`);
  writeFileSync(stamp, state);
}

/**
 * Compares the package manager that the registry offers with the hash in package.json, as Corepack does. npx sees to it
 * that what it fetches is what the registry offers. Without an answer there is nothing to fetch either, but perhaps a
 * copy from before.
 */
function checkPackageManager() {
  const wanted = manifest.packageManager?.split('+sha512.')[1];
  const { ok, printed } = run('npm', ['view', packageManagerOf(manifest), 'dist.integrity']);
  const [, base64] = /^sha512-(\S+)$/m.exec(printed) ?? [];
  if (!ok || !wanted || !base64) return;
  const offered = Buffer.from(base64, 'base64').toString('hex');
  if (offered !== wanted)
    fail(
      `${packageManagerOf(manifest)}: wanted the SHA-512 ${wanted} of package.json, the registry offers ${offered}.`,
    );
}

/**
 * Changes whenever an installation might.
 *
 * @returns {string}
 */
function dependencyState() {
  const hash = createHash('sha256');
  const manifests = ['.', ...listProjects().map(({ directory }) => directory)].map(
    directory => `${directory}/package.json`,
  );
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/**
 * @param {string} version
 * @param {string} minimum
 * @returns {boolean}
 */
function isOlder(version, minimum) {
  const parts = version.split('.').map(Number);
  for (const [i, least] of minimum.split('.').map(Number).entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}
