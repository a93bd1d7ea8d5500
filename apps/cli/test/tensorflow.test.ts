import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { emptyFolder, run } from './cli.ts';
import { writePicture } from './examples.ts';

it('looks for tfjs-node in the folder that it is started in', async () => {
  const folder = emptyFolder();
  const picture = await writePicture(folder, 'disc.png');
  const installed = join(folder, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{ "name": "@tensorflow/tfjs-node", "main": "index.js" }');
  writeFileSync(join(installed, 'index.js'), "throw new Error('no libtensorflow');");
  const { code, stderr } = await run(['fit', picture, '-o', 'field.safetensors', '--backend', 'tensorflow'], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain('@tensorflow/tfjs-node cannot be loaded: no libtensorflow');
});

const real = fileURLToPath(new URL('../../../out/tfjs-node', import.meta.url));

it('fits on the real tfjs-node', async context => {
  if (!existsSync(real)) return context.skip('needs tfjs-node, which `node tools/tfjs-node.mjs` puts into out/tfjs-node');
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
    '--hidden-features',
    '16',
    '--hidden-layers',
    '1',
    '--steps',
    '5',
  ];
  const { code, stderr } = await run(args, { cwd: real });
  expect(stderr).toContain('backend tensorflow');
  expect(code).toBe(0);
  expect(existsSync(output)).toBe(true);
});
