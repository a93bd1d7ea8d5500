// Zig, a C compiler for every platform, from Python's package index: a virtual environment in out/zig of the
// repository, with the version and the content that zig-requirements.txt names.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './compile.mjs';

const folder = join(home, '../../out/zig');
const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const requirements = join(home, 'scripts/zig-requirements.txt');

/** @param {string} command @param {readonly string[]} args */
function demand(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`kernels-native: ${[command, ...args].join(' ')}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

/**
 * Installs Zig where it is missing.
 *
 * @returns {readonly string[]} The command of its C compiler and its first arguments.
 * @throws {Error} Where there is no Python 3, or the index cannot be reached.
 */
export function installZig() {
  const wanted = /^ziglang==(\S+)/m.exec(readFileSync(requirements, 'utf8'))?.[1];
  const isThere =
    existsSync(python) &&
    spawnSync(python, ['-m', 'ziglang', 'version'], { encoding: 'utf8' }).stdout.trim() === wanted;
  if (!isThere) {
    demand(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', '--clear', folder]);
    demand(python, ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--requirement', requirements]);
  }
  return [python, '-m', 'ziglang', 'cc'];
}
