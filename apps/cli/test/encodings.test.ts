import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { createField, encodeField, mlp } from '@neural-fields/core';
import { encodings, positionalEncoding } from '@neural-fields/encodings';
import { setBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { emptyFolder, run } from './cli.ts';

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
