import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { createField, encodeField, mlp } from '@neural-fields/core';
import { encodings, positionalEncoding } from '@neural-fields/encodings';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { setBackend } from '@tensorflow/tfjs-core';
import { expect, it, test } from 'vitest';
import { run } from './cli.ts';
import { writePicture } from './examples.ts';

it('reads fields of the library that have an encoding', async () => {
  await setBackend('cpu');
  const folder = emptyFolder();
  const extensions = { layers: encodings };
  const spec = mlp({
    inFeatures: 2,
    outFeatures: 1,
    hiddenFeatures: 8,
    hiddenLayers: 0,
    activation: { kind: 'relu' },
    encoding: positionalEncoding({ octaves: 3 }),
    extensions,
  });
  writeFileSync(join(folder, 'field.safetensors'), await encodeField(createField(spec, { seed: 1, extensions })));
  const info = await run(['info', 'field.safetensors'], { cwd: folder });
  expect(info.stdout).toContain('positional-encoding');
  const args = ['render', 'field.safetensors', '-o', 'out.png', '--size', '8x8', '--backend', 'cpu'];
  const render = await run(args, { cwd: folder });
  expect(render.stderr).not.toContain('error');
  expect(render.code).toBe(0);
});

test.each([
  [['--encoding', 'positional'], { kind: 'positional-encoding', octaves: 1 }],
  [['--encoding', 'positional', '--encoding-octaves', '3'], { kind: 'positional-encoding', octaves: 3 }],
  [
    ['--encoding', 'fourier', '--encoding-features', '5', '--encoding-scale', '2'],
    { kind: 'fourier-features', features: 5, scale: 2, seed: 4 },
  ],
  [
    ['--encoding', 'rbf', '--encoding-features', '6', '--encoding-sigma', '0.5'],
    { kind: 'gaussian-rbf', features: 6, sigma: 0.5 },
  ],
])('fits behind %j with checkpoints, and draws what came out', async (encoding, layer) => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const fit = [
    'fit',
    'a.png',
    '-o',
    'a.safetensors',
    '--backend',
    'cpu',
    '--hidden-features',
    '6',
    '--hidden-layers',
    '0',
    '--seed',
    '4',
  ];
  const first = await run([...fit, ...encoding, '--steps', '3', '--checkpoint-every', '0.001', '--json'], { cwd });
  expect(first.code).toBe(0);
  const start = jsonLines(first).find(({ event }) => event === 'start') as { network: { layers: object[] } };
  expect(start.network.layers).toHaveLength(3);
  expect(start.network.layers[0]).toMatchObject(layer);
  expect(start.network.layers[1]).toMatchObject({ activation: { kind: 'relu' } });
  const drawn = await run(['render', 'a.safetensors', '-o', 'b.png', '--backend', 'cpu'], { cwd });
  expect(drawn).toMatchObject({ code: 0 });
});

test.each([
  [['--encoding-octaves', '3'], /--encoding-octaves: it is for --encoding positional$/],
  [['--encoding', 'rbf', '--encoding-scale', '3'], /--encoding-scale: it is for --encoding fourier, not for rbf$/],
  [
    ['--encoding', 'rbf', '--activation', 'sine'],
    /--encoding: it is for activations without frequencies of their own, not for sine$/,
  ],
  [['--encoding', 'hash'], /Allowed choices are positional, fourier, rbf/],
])('refuses %j', async (args, message) => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const { code, stderr } = await run(['fit', 'a.png', '-o', 'a.safetensors', ...args], { cwd });
  expect(code).toBe(2);
  expect(stderr.trimEnd()).toMatch(message);
});
