/**
 * @file Optional: puts the command line tool, the bench and the checks of the WebGPU kernels into one file,
 *   out/gpu-bundle.tar.xz, to be run on a Linux machine with a graphics card that has neither Node nor a network: with
 *   this machine's Node, Dawn, the compiled packages, their data, and a Vulkan loader where Debian's chromium has one.
 *   `node tools/gpu-bundle.mjs`, then there
 *
 *     tar -xf gpu-bundle.tar.xz
 *     ./gpu-bundle/run                                        # says what can be run
 *     ./gpu-bundle/run parity.mjs && ./gpu-bundle/run steps.mjs 65536 50 256
 *     ./gpu-bundle/run neural-fields reproduce siren-image --profile paper --backend webgpu -o out
 *
 * `--no-archive` makes the folder out/gpu-bundle alone.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeGpuBundle } from './lib/gpu-bundle.mjs';
import { root } from './lib/projects.mjs';
import { nx, run } from './lib/run.mjs';

/** What an archive may have, in bytes: it has to be carried about. */
const LIMIT = 60e6;

const out = join(root, 'out');
const folder = join(out, 'gpu-bundle');
const archive = join(out, 'gpu-bundle.tar.xz');

/** @param {import('./lib/run.mjs').Finished} finished @param {string} what */
const check = ({ ok, output }, what) => {
  if (!ok) throw new Error(`gpu-bundle: ${what} failed\n${output}`);
};

const wanted = process.argv.slice(2);
if (wanted.some(argument => argument !== '--no-archive'))
  throw new Error(`gpu-bundle: it takes --no-archive or nothing, not ${wanted.join(' ')}`);

check(
  nx(['run-many', '-t', 'build', '-p', 'neural-fields,@neural-fields/reproduce,@neural-fields/bench']),
  'the build',
);
const { platform, warnings } = await makeGpuBundle(folder);
for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
check(run('env', ['-i', join(folder, 'run'), 'neural-fields', 'reproduce', 'list']), 'a first run');
if (wanted.includes('--no-archive')) process.stdout.write(`out/gpu-bundle, for ${platform}\n`);
else {
  rmSync(archive, { force: true });
  check(run('tar', ['-C', out, '-cJf', archive, 'gpu-bundle'], { env: { XZ_OPT: '-T0' } }), 'tar');
  const { size } = statSync(archive);
  const megabytes = `${(size / 1e6).toFixed(1)} MB`;
  if (size > LIMIT)
    throw new Error(`gpu-bundle: ${archive} has ${megabytes}, more than the ${LIMIT / 1e6} MB that it may have`);
  process.stdout.write(`out/gpu-bundle.tar.xz, ${megabytes}, for ${platform}\n`);
}
