import '@neural-fields/kernels-wasm';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { denseArray } from '@neural-fields/signals';
import { setBackend } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { pythonFile, setUpFolder } from '../src/files.ts';
import { ownGrid } from '../src/grids/own-grid.ts';
import { gridTable, runGrids } from '../src/grids/run-grids.ts';
import { startTorchGrid } from '../src/grids/torch-grid.ts';
import { hasPython, setUpPython } from '../src/speed/python.ts';

const side = 24;
const data = Float32Array.from({ length: side * side }, (_, i) => (1 + Math.sin(i / 7) * Math.cos(i / side)) / 2);
const picture = denseArray(data, [side, side, 1]);
const { signal } = new AbortController();

test('a hash grid is fitted in turns until it reaches the goal', async () => {
  await setBackend('simd');
  const peer = ownGrid('simd', { picture, batch: 256, turnSteps: 5, seed: 1 });
  const lines: string[] = [];
  const run = { turnSteps: 5, turns: 8, goal: 20, signal, report: (line: string) => lines.push(line) };
  const [record] = await runGrids([peer], run);
  peer.dispose();
  const turns = record?.turns ?? [];
  expect(turns.length).toBeGreaterThan(1);
  expect(turns.at(-1)?.psnr).toBeGreaterThan(20);
  expect(turns.slice(0, -1).every(({ psnr }) => psnr < 20)).toBe(true);
  expect(lines[0]).toMatch(/^simd: step 5, \d+\.\d+ dB, /);
});

test('the table has ratios to the first, and what it took to reach the goal', () => {
  const turn = (cpuSeconds: number, psnr: number) => ({ seconds: cpuSeconds / 2, cpuSeconds, psnr });
  const records = [
    { name: 'ours', turns: [turn(2, 30), turn(4, 36)] },
    { name: 'theirs', turns: [turn(9, 29), turn(9, 33)] },
  ];
  const rows = gridTable(records, { turnSteps: 3, goal: 35 }).split('\n');
  expect(rows[2]).toMatch(/^\| ours \| 1\.0+ s \| 1\.00 \| 6 \| 6\.?0* s \| 3\.?0* s \|$/);
  expect(rows[3]).toMatch(/^\| theirs \| 3\.0+ s \| 3\.00 \| - \| - \| - \|$/);
});

test('PyTorch learns the same picture', async context => {
  const environment = { folder: join(setUpFolder, 'bench-python'), name: 'pytorch' };
  const requirements = pythonFile('requirements-pytorch.txt');
  if (!hasPython({ ...environment, requirements })) return context.skip('there is no PyTorch in out/bench-python');
  const interpreter = await setUpPython({ ...environment, requirements, log: () => {}, signal });
  const file = join(mkdtempSync(join(tmpdir(), 'grids-')), 'picture.f32');
  writeFileSync(file, data);
  const settings = {
    ...{ picture: file, shape: picture.shape, batch: 256, seed: 1, threads: 1, levels: 4, features: 2 },
    ...{ log2HashmapSize: 8, base: 4, finest: 32, hidden: 16, layers: 1, rate: 1e-2, beta2: 0.99, epsilon: 1e-15 },
  };
  const peer = await startTorchGrid(interpreter, settings, signal);
  const first = await peer.turn(1);
  const later = await peer.turn(60);
  peer.dispose();
  expect(later.psnr).toBeGreaterThan(first.psnr + 5);
  await expect(startTorchGrid(interpreter, { ...settings, picture: 'missing' }, signal)).rejects.toThrow(
    'PyTorch ended',
  );
}, 60_000);
