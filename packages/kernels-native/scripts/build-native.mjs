// Compiles native/ with the C compiler that is there, into build/kernels.node: the kernels once for each instruction
// set of this kind of processor, and the addon around them. Does nothing where that is newer than its sources. Where
// there is no compiler it says so in one line, and the package works without.
import { execFile, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import headers from 'node-api-headers';
import { recordsHeader } from './records-header.mjs';

const execute = promisify(execFile);
const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(home, 'native');
const target = join(home, 'build/kernels.node');

const common = [
  '-std=gnu17',
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
];
/**
 * With `--sanitize` the binary stops at the first wrong access or undefined behaviour; Node then has to be started with
 * `LD_PRELOAD=$(cc -print-file-name=libasan.so)`.
 */
const isSanitized = process.argv.includes('--sanitize');
const sanitizers = isSanitized
  ? ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-fno-omit-frame-pointer', '-g', '-O1']
  : [];
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-psabi', '-Wno-unknown-pragmas'];

/**
 * @type {Readonly<Record<string, readonly { readonly set: string, readonly name: string, readonly width: number,
 * readonly flags: readonly string[] }[]>>}
 */
const kernelSets = {
  x64: [
    { set: 'portable', name: 'SSE2', width: 4, flags: [] },
    { set: 'avx2', name: 'AVX2', width: 8, flags: ['-mavx2', '-mfma'] },
    {
      set: 'avx512',
      name: 'AVX-512',
      width: 16,
      flags: ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
    },
  ],
  arm64: [{ set: 'portable', name: 'NEON', width: 4, flags: [] }],
};

/** The compiler: that of `CC`, or the first of the usual ones that is there. */
function findCompiler() {
  const candidates = process.env['CC'] ? [process.env['CC']] : ['cc', 'gcc', 'clang'];
  return candidates.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** @param {string} folder @returns {string[]} */
const filesOf = folder =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(file => join(folder, file))
    .filter(file => statSync(file).isFile());

const records = join(
  dirname(createRequire(import.meta.url).resolve('@neural-fields/kernels-wasm/package.json')),
  'src/generated/records.ts',
);

/** Whether the binary is there and no source is newer. */
function isCurrent() {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  return [...filesOf(sources), ...filesOf(join(home, 'scripts')), records].every(
    file => statSync(file).mtimeMs <= built,
  );
}

/** @param {string} compiler @param {readonly (typeof kernelSets)[string][number][]} sets */
async function build(compiler, sets) {
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), 'parts-'));
  try {
    writeFileSync(join(folder, 'records.h'), await recordsHeader(readFileSync(records, 'utf8')));
    const include = ['-I', folder, '-I', headers.include_dir];
    /** @param {string} file @param {string} name @param {readonly string[]} flags */
    const compile = async (file, name, flags) => {
      const object = join(folder, `${name}.o`);
      await execute(compiler, [
        ...common,
        ...sanitizers,
        ...warnings,
        ...include,
        ...flags,
        '-c',
        join(sources, file),
        '-o',
        object,
      ]);
      return object;
    };
    const objects = await Promise.all([
      ...['addon', 'kernel-set', 'pool'].map(name => compile(`${name}.c`, name, [])),
      ...sets.map(({ set, name, width, flags }) =>
        compile('kernels/kernels.c', set, [
          `-DVW=${width}`,
          `-DKERNELS=kernels_${set}`,
          `-DKERNELS_NAME="${name}"`,
          ...flags,
        ]),
      ),
    ]);
    const binary = join(folder, 'kernels.node');
    const undefinedSymbols = platform() === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];
    await execute(compiler, [
      '-shared',
      ...sanitizers,
      '-o',
      binary,
      ...objects,
      ...undefinedSymbols,
      '-lm',
      '-lpthread',
    ]);
    renameSync(binary, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isSanitized || !isCurrent()) {
  const sets = kernelSets[arch()];
  const compiler = findCompiler();
  if (sets === undefined || platform() === 'win32')
    console.log(
      `kernels-native: not built, as there are no kernels for ${platform()} on ${arch()}; everything works without.`,
    );
  else if (compiler === undefined)
    console.log(
      'kernels-native: not built, as there is no C compiler (cc, gcc, clang or $CC); everything works without.',
    );
  else
    await build(compiler, sets).catch(error => {
      // Where all of this is tested, a compiler that is there has to do; elsewhere there is a backend without it.
      if (process.env['CI']) throw error;
      const reason = `${error instanceof Error && 'stderr' in error ? error.stderr : error}`;
      console.log(
        `kernels-native: not built, as ${compiler} failed; everything works without. ${reason.trim().split('\n').slice(0, 3).join(' ')}`,
      );
    });
}
