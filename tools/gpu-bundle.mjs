/**
 * @file Optional: puts everything that the measurements of the WebGPU kernels need into one file, out/gpu-bundle.tar.xz, to be run on a Linux machine
 * with a graphics card that has neither Node nor a network: this machine's Node, Dawn, the bundled scripts, and a Vulkan loader where Debian's
 * chromium has one. `node tools/gpu-bundle.mjs`, then there
 *
 *     tar -xf gpu-bundle.tar.xz && ./gpu-bundle/run parity.mjs && ./gpu-bundle/run steps.mjs 65536 50 256
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const kernels = join(root, 'packages/kernels-webgpu');
const out = join(root, 'out');
const folder = join(out, 'gpu-bundle');

/** @param {string} command @param {readonly string[]} args */
const run = (command, args) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (error || status !== 0) throw new Error(`gpu-bundle: '${command}' failed (${error?.message ?? `exit code ${status}`})`);
};

run(process.execPath, ['tools/pnpm.mjs', 'exec', 'nx', 'run-many', '-t', 'build', '-p', '@neural-fields/kernels-webgpu']);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

await esbuild.build({
  entryPoints: ['steps', 'parity'].map(name => join(kernels, `bench/${name}.mjs`)),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  // Modules throughout: each of tfjs's files then exists once.
  conditions: ['browser'],
  external: ['webgpu'],
  // tfjs asks for modules of Node when it sees that it runs there.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'error',
});

const dawn = realpathSync(join(kernels, 'node_modules/webgpu'));
const platform = `${process.platform}-${process.arch}`;
for (const part of ['package.json', 'index.js', `dist/${platform}`])
  cpSync(join(dawn, part), join(folder, 'node_modules/webgpu', part), { recursive: true });
cpSync(process.execPath, join(folder, 'node'));
const loader = '/usr/lib/chromium/libvulkan.so.1';
mkdirSync(join(folder, 'vulkan'));
if (existsSync(loader)) cpSync(loader, join(folder, 'vulkan/libvulkan.so.1'));
// Where the driver came without its description, as in many containers.
const nvidia = { file_format_version: '1.0.0', ICD: { library_path: 'libGLX_nvidia.so.0', api_version: '1.3.0' } };
writeFileSync(join(folder, 'vulkan/nvidia.json'), `${JSON.stringify(nvidia)}\n`);
writeFileSync(
  join(folder, 'run'),
  `#!/bin/sh
# Runs a script of this folder: ./run steps.mjs 65536 50 256
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/vulkan"
if [ -z "\${VK_ICD_FILENAMES:-}" ] && ! ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json > /dev/null 2>&1; then
  export VK_ICD_FILENAMES="$here/vulkan/nvidia.json"
fi
script=$1
shift
exec "$here/node" "$here/$script" "$@"
`,
);
chmodSync(join(folder, 'run'), 0o755);
run('tar', ['-C', out, '-cJf', join(out, 'gpu-bundle.tar.xz'), 'gpu-bundle']);
process.stdout.write(
  `out/gpu-bundle.tar.xz, ${(statSync(join(out, 'gpu-bundle.tar.xz')).size / 2 ** 20).toFixed(1)} MiB, for ${platform}\n`,
);
