// Compiles native/ with the C compiler that is there, into build/kernels.node. Does nothing where that is newer than
// its sources. Where there is no compiler it says so in one line, and the package works without.
//
// With `--sanitize` it makes build/sanitized/kernels.node, which stops at the first wrong access or undefined
// behaviour, for `npm run fuzz`: Node has to be started with the sanitizer's library in `LD_PRELOAD`. With
// `--emulate-tiles` it makes build/emulated/kernels.node, the kernels of AMX on an emulation of its registers, for
// tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';

const home = join(import.meta.dirname, '..');
const isSanitized = process.argv.includes('--sanitize');
const emulatesTiles = process.argv.includes('--emulate-tiles');
const folder = isSanitized ? 'build/sanitized' : emulatesTiles ? 'build/emulated' : 'build';
const target = join(home, folder, 'kernels.node');
const records = join(home, '../kernels-wasm/src/generated/records.ts');

/** @param {string} folder @returns {string[]} */
const filesOf = folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(file => join(folder, file))
    .filter(file => statSync(file).isFile());

/** Whether the binary is there and no source is newer. */
function isCurrent() {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  return [...filesOf(join(home, 'native')), ...filesOf(join(home, 'scripts')), records].every(
    file => statSync(file).mtimeMs <= built,
  );
}

/** The compiler: that of `CC`, or the first of the usual ones that is there. */
function findCompiler() {
  const candidates = process.env['CC'] ? [process.env['CC']] : ['cc', 'gcc', 'clang'];
  return candidates.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** @param {string} reason */
const say = reason => console.log(`kernels-native: not built, as ${reason}; everything works without.`);

async function build() {
  // Loaded only here: a build that is up to date should not wait for it.
  const { compileAddon, hasKernels } = await import('./compile.mjs');
  const host = { platform: platform(), arch: arch() };
  if (!hasKernels(host)) return say(`there are no kernels for ${host.platform} on ${host.arch}`);
  const compiler = findCompiler();
  if (compiler === undefined) return say('there is no C compiler (cc, gcc, clang or $CC)');
  try {
    await compileAddon({ ...host, compiler: [compiler], target, isSanitized, emulatesTiles });
  } catch (error) {
    // Where all of this is tested, a compiler that is there has to do; elsewhere there is a backend without it.
    if (process.env['CI'] || isSanitized) throw error;
    const reason = `${error instanceof Error && 'stderr' in error ? error.stderr : error}`;
    say(`${compiler} failed: ${reason.trim().split('\n').slice(0, 3).join(' ')}`);
  }
}

if (!isCurrent()) await build();
