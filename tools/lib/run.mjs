import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { readManifest, root } from './projects.mjs';

/**
 * What a finished command left behind.
 *
 * @typedef {object} Finished
 * @property {boolean} ok Whether it exited with 0.
 * @property {number} code Its exit code; 1 where it could not be started or was killed.
 * @property {string} printed Its standard output.
 * @property {string} output Its standard output and error. Both are empty where they went to the terminal.
 */

/**
 * Runs a command in the root, or in `cwd`, with `node_modules/.bin` first on the PATH.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, show?: boolean, env?: Record<string, string | undefined> }} [options] `show` sends the output
 *   to the terminal.
 * @returns {Finished}
 */
export function run(command, args, { cwd = root, show = false, env = {} } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...settings(cwd, env),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const output = `${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`;
  return { ok: status === 0, code: status ?? 1, printed: stdout ?? '', output };
}

/**
 * @param {string} cwd
 * @param {Record<string, string | undefined>} env
 */
function settings(cwd, env) {
  return {
    cwd,
    // On Windows the commands of npm packages are batch files, which only a shell can run.
    shell: process.platform === 'win32',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`, ...env },
  };
}

/**
 * Runs the pnpm that the root manifest asks for. npx fetches it, so that a fresh clone needs nothing but Node and npm.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string, show?: boolean, env?: Record<string, string | undefined> }} [options]
 * @returns {Finished}
 */
export function pnpm(args, options = {}) {
  return run('npx', pnpmArguments(args), { ...options, env: { ...PNPM, ...options.env } });
}

const PNPM = { npm_config_update_notifier: 'false' };

/** @param {readonly string[]} args */
const pnpmArguments = args => ['--yes', packageManagerOf(readManifest('.')), ...args];

/**
 * The package manager of a manifest as npx wants it: without the hash of its content, which Corepack and pnpm itself
 * look at.
 *
 * @param {import('./projects.mjs').Manifest} manifest
 * @returns {string}
 */
export function packageManagerOf({ packageManager = 'pnpm' }) {
  return packageManager.replace(/\+.*$/, '');
}

/**
 * Runs nx, without its daemon: a script should leave no process behind. nx calls pnpm, so it has to find one on its
 * PATH.
 *
 * @param {readonly string[]} args
 * @param {{ show?: boolean }} [options]
 * @returns {Finished}
 */
export function nx(args, options) {
  return pnpm(['exec', 'nx', ...args], { ...options, env: NX });
}

const NX = { NX_DAEMON: 'false', NX_TUI: 'false' };

/**
 * Runs several nx commands at once, all of which print to the terminal. They must not build the same things.
 *
 * @param {readonly (readonly string[])[]} commands
 * @returns {Promise<boolean>} Whether all of them exited with 0.
 */
export async function nxTogether(commands) {
  const codes = commands.map(async args => {
    const child = spawn('npx', pnpmArguments(['exec', 'nx', ...args]), {
      ...settings(root, { ...PNPM, ...NX }),
      stdio: 'inherit',
    });
    const [code] = await once(child, 'close');
    return code;
  });
  return (await Promise.all(codes)).every(code => code === 0);
}
