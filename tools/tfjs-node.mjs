/**
 * @file Optional: puts the real @tensorflow/tfjs-node into out/tfjs-node, for tests and comparisons. Its own installer
 *   downloads libtensorflow from a place that is often out of reach, and an old one; this takes the library out of the
 *   Python wheel of TensorFlow instead, and compiles the binding against it. Needs Python 3 with pip, unzip and a C++
 *   compiler. `node tools/tfjs-node.mjs`
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TFJS = '4.22.0';
const TENSORFLOW = '2.21.0';
const folder = fileURLToPath(new URL('../out/tfjs-node', import.meta.url));
const binding = join(folder, 'node_modules/@tensorflow/tfjs-node');

/** @param {string} command @param {readonly string[]} args @param {string} cwd */
const run = (command, args, cwd = folder) => {
  process.stdout.write(`${command} ${args.join(' ')}\n`);
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (error || status !== 0)
    throw new Error(
      `tfjs-node: '${command}' failed (${error?.message ?? `exit code ${status}`}), so it cannot be set up here`,
    );
};

if (existsSync(join(binding, 'lib'))) {
  process.stdout.write(`tfjs-node ${TFJS} is in ${folder}\n`);
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `tensorflow-cpu==${TENSORFLOW}`]);
  const wheel = readdirSync(folder).find(name => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`tfjs-node: pip brought no wheel of tensorflow-cpu ${TENSORFLOW}`);
  run('unzip', ['-q', wheel, 'tensorflow/include/*', 'tensorflow/libtensorflow*']);
  run('npm', ['install', '--ignore-scripts', '--no-save', `@tensorflow/tfjs-node@${TFJS}`]);
  cpSync(join(folder, 'tensorflow/include'), join(binding, 'deps/include'), { recursive: true });
  const library = join(binding, 'deps/lib');
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
    cpSync(join(folder, 'tensorflow', name), join(library, name));
  symlinkSync('libtensorflow_cc.so.2', join(library, 'libtensorflow.so'));
  symlinkSync('libtensorflow_cc.so.2', join(library, 'libtensorflow.so.2.9.1'));
  symlinkSync('libtensorflow_framework.so.2', join(library, 'libtensorflow_framework.so'));
  run('npx', ['node-pre-gyp', 'install', '--build-from-source'], binding);
  rmSync(join(folder, 'tensorflow'), { recursive: true });
  rmSync(join(folder, wheel));
  process.stdout.write(`tfjs-node ${TFJS} on libtensorflow ${TENSORFLOW} is in ${folder}\n`);
}
