/**
 * State dicts in PyTorch itself: what `exportPytorch` writes for a fitted field loads with `strict=True` into modules
 * with its names and computes the field's values, and what `torch.save` then writes can be imported.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setBackend, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, onTestFinished, test } from 'vitest';
import { fieldFromData, readField } from '../../../src/files/field.ts';
import type { FieldData } from '../../../src/files/field-data.ts';
import { exportPytorch, pytorchFormats } from '../../../src/files/pytorch/export-pytorch.ts';
import { importPytorch } from '../../../src/files/pytorch/import-pytorch.ts';
import { pytorchNames } from '../../../src/files/pytorch/names.ts';
import { adam, createField, fit, term } from '../../../src/index.ts';
import { siren } from '../../../src/spec/networks.ts';
import { smoothImage, squaredError } from '../../fit/signals.ts';

const installed = fileURLToPath(new URL('../../../../../out/bench-python/pytorch', import.meta.url));
const interpreter = join(installed, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
const script = fileURLToPath(new URL('torch_round_trip.py', import.meta.url));

const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 2 };
const points = [
  [0, 0],
  [0.5, -0.25],
  [-1, 1],
  [1, 0.125],
  [-0.875, -0.375],
];

const valuesOf = (data: FieldData): readonly number[] => {
  const field = fieldFromData(data);
  const coords = tensor2d(points);
  const value = field.evaluate(coords);
  const values = [...value.dataSync()];
  for (const owned of [coords, value, field]) owned.dispose();
  return values;
};

const expectClose = (got: readonly number[], wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  for (const [i, value] of got.entries()) expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-5);
};

test('a fitted field has the same values in PyTorch, and when it comes back', { timeout: 120_000 }, async context => {
  if (!existsSync(join(installed, 'installed.txt')))
    return context.skip('needs PyTorch, which `npm run bench` puts into out/bench-python');
  await setBackend('cpu');
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-torch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const field = createField(siren({ ...size, omega0: 20, omegaHidden: 12 }), { seed: 1 });
  const terms = [term({ points: smoothImage(8), loss: squaredError })];
  for await (const _ of fit(field, terms, { steps: 30, optimizer: adam({ learningRate: 1e-3 }) }));
  const fitted = await readField(field);
  field.dispose();
  const wanted = valuesOf(fitted);

  const tasks = pytorchNames.flatMap(names =>
    pytorchFormats.map(format => {
      const { bytes, activations } = exportPytorch(fitted, { names, format });
      const omegas = activations.slice(0, -1).map(({ omega }) => omega as number);
      const file = `${names}.${format}`;
      writeFileSync(join(folder, file), bytes);
      return { ...size, file, names, omegas, points };
    }),
  );
  writeFileSync(join(folder, 'tasks.json'), JSON.stringify(tasks));
  const { status, stderr } = spawnSync(interpreter, [script, folder], { encoding: 'utf8' });
  expect([status, stderr.split('\n').filter(line => /error/i.test(line))]).toEqual([0, []]);
  for (const { file, omegas } of tasks) {
    expectClose(JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')) as number[], wanted);
    const [omega0 = 0, omegaHidden = 0] = omegas;
    const activation = { kind: 'sine' };
    const saved = readFileSync(join(folder, `${file}.again.pth`));
    expectClose(valuesOf(importPytorch(saved, { activation, omega0, omegaHidden })), wanted);
  }
});
