// Compiles native/ for one platform: the kernels once for each instruction set of this kind of processor, and the addon
// around them.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import headers from 'node-api-headers';
import { recordsHeader } from './records-header.mjs';

const execute = promisify(execFile);
export const home = join(dirname(fileURLToPath(import.meta.url)), '..');
export const sources = join(home, 'native');

/** The records of kernels-wasm, which the addon shares. */
export const records = join(
  dirname(createRequire(import.meta.url).resolve('@neural-fields/kernels-wasm/package.json')),
  'src/generated/records.ts',
);

const common = [
  '-std=gnu17',
  '-O3',
  '-fvisibility=hidden',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-fno-trapping-math',
];
const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-psabi', '-Wno-unknown-pragmas'];
const sanitizers = [
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=undefined',
  '-fno-omit-frame-pointer',
  '-g',
  '-O1',
];

/**
 * The kernels of one instruction set.
 *
 * @typedef {object} KernelSet
 * @property {string} set Ends the name of what it defines.
 * @property {string} name As users know it.
 * @property {number} width Numbers of a vector.
 * @property {readonly string[]} flags
 */

const avx512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'];

/** @type {Readonly<Record<string, readonly KernelSet[]>>} */
const kernelSets = {
  x64: [
    { set: 'portable', name: 'SSE2', width: 4, flags: [] },
    { set: 'avx2', name: 'AVX2', width: 8, flags: ['-mavx2', '-mfma'] },
    { set: 'avx512', name: 'AVX-512', width: 16, flags: avx512 },
  ],
  arm64: [{ set: 'portable', name: 'NEON', width: 4, flags: [] }],
};

const amx = [...avx512, '-mamx-tile', '-mamx-bf16'];

/**
 * Those of AMX: the matrix products are on tiles of bf16, with three parts of each float32 number or with two.
 *
 * @param {readonly string[]} flags
 * @returns {readonly KernelSet[]}
 */
const tileSets = flags => [
  { set: 'amx', name: 'AMX', width: 16, flags: ['-DPARTS=3', ...flags] },
  { set: 'amx_high', name: 'AMX high', width: 16, flags: ['-DPARTS=2', ...flags] },
];

/**
 * The kernels to compile, and what `kernel-set.c` has to know of them.
 *
 * @param {{ readonly compiler: readonly string[], readonly platform: string, readonly arch: string,
 *   readonly emulatesTiles: boolean }} options
 */
function chooseSets({ compiler: [command = '', ...first], platform, arch, emulatesTiles }) {
  const sets = kernelSets[arch] ?? [];
  if (emulatesTiles) {
    const flags = ['-DEMULATED_TILES=1'];
    return { sets: [...sets.filter(({ set }) => set === 'portable'), ...tileSets([...flags, '-O1'])], known: flags };
  }
  // Only Linux is asked for the registers, and compilers from before 2021 do not know them.
  const input = { input: 'int x;', stdio: /** @type {const} */ (['pipe', 'ignore', 'ignore']) };
  const knowsAmx =
    platform === 'linux' &&
    arch === 'x64' &&
    spawnSync(command, [...first, ...amx, '-c', '-x', 'c', '-', '-o', devNull], input).status === 0;
  return knowsAmx ? { sets: [...sets, ...tileSets(amx)], known: ['-DHAS_AMX=1'] } : { sets, known: [] };
}

/** @type {Readonly<Record<string, { readonly compile: readonly string[], readonly link: readonly string[] }>>} */
const systems = {
  linux: { compile: ['-fPIC'], link: ['-lm', '-lpthread'] },
  darwin: { compile: ['-fPIC'], link: ['-undefined', 'dynamic_lookup'] },
  win32: { compile: [], link: [] },
};

/**
 * Whether there are kernels for a platform.
 *
 * @param {{ readonly platform: string, readonly arch: string }} platform As Node names them.
 */
export const hasKernels = ({ platform, arch }) => kernelSets[arch] !== undefined && systems[platform] !== undefined;

/** The functions of Node-API that the addon calls, for the pointers of `node-api-windows.c`. */
function nodeApiFunctions() {
  const known = Object.values(headers.symbols).flatMap(version => Object.values(version).flat());
  const text = readFileSync(join(sources, 'addon.c'), 'utf8');
  const used = [...new Set(known)].filter(name => new RegExp(`\\b${name}\\b`).test(text)).sort();
  return `#define NODE_API_FUNCTIONS(X) ${used.map(name => `X(${name})`).join(' ')}\n`;
}

/**
 * Compiles the addon.
 *
 * @param {object} options
 * @param {readonly string[]} options.compiler A command and its first arguments.
 * @param {string} options.platform
 * @param {string} options.arch
 * @param {string} options.target The binary's path; it is replaced once the new one is there.
 * @param {boolean} [options.isSanitized] Makes a binary that stops at the first wrong access or undefined behaviour.
 * @param {boolean} [options.emulatesTiles] Makes the kernels of AMX on an emulation of its registers, for tests.
 * @param {readonly string[]} [options.wide] More for the compiler, for the kernels of AVX-512.
 * @param {readonly string[]} [options.link] More for the linker.
 */
export async function compileAddon({
  compiler,
  platform,
  arch,
  target,
  isSanitized = false,
  emulatesTiles = false,
  wide = [],
  link = [],
}) {
  const [command, ...first] = compiler;
  const { sets, known } = chooseSets({ compiler, platform, arch, emulatesTiles });
  const system = systems[platform];
  if (command === undefined || sets.length === 0 || system === undefined)
    throw new Error(`kernels-native: there are no kernels for ${platform} on ${arch}`);
  const checks = isSanitized ? sanitizers : [];
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(dirname(target), 'parts-'));
  try {
    writeFileSync(join(folder, 'records.h'), await recordsHeader(readFileSync(records, 'utf8')));
    writeFileSync(join(folder, 'node-api-functions.h'), nodeApiFunctions());
    const include = ['-I', folder, '-I', headers.include_dir];
    /** @param {string} file @param {string} name @param {readonly string[]} flags */
    const compile = async (file, name, flags) => {
      const object = join(folder, `${name}.o`);
      const all = [...first, ...common, ...system.compile, ...checks, ...warnings, ...include, ...flags];
      await execute(command, [...all, '-c', join(sources, file), '-o', object]);
      return object;
    };
    const parts = ['addon', 'check', 'kernel-set', 'pool', ...(platform === 'win32' ? ['node-api-windows'] : [])];
    // All of them have to end before their folder can be removed, whichever fails.
    const compiled = await Promise.allSettled([
      ...parts.map(name => compile(`${name}.c`, name, known)),
      ...sets.map(({ set, name, width, flags }) =>
        compile('kernels/kernels.c', set, [
          `-DVW=${width}`,
          `-DKERNELS=kernels_${set}`,
          `-DKERNELS_NAME="${name}"`,
          ...flags,
          ...(width === 16 ? wide : []),
        ]),
      ),
    ]);
    const objects = compiled.map(part => {
      if (part.status === 'rejected') throw part.reason;
      return part.value;
    });
    const binary = join(folder, 'kernels.node');
    await execute(command, [...first, '-shared', ...checks, '-o', binary, ...objects, ...system.link, ...link]);
    renameSync(binary, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
