import { expect, test } from 'vitest';
import { makeMarkdown } from '../src/speed/markdown.ts';
import { makeSpeedPage } from '../src/speed/page.ts';
import type { Outcome, Results } from '../src/speed/results.ts';
import { timesOf } from '../src/speed/statistics.ts';
import { demandsTable, deviceMemoryTable, deviceRateTable, sgemmShareTable, sgemmTable } from '../src/speed/tables.ts';

const each = { supervision: 'value', width: 256, points: 65_536 } as const;
const card = { name: 'a card', software: false } as const;

const measured = (seconds: number, more: Partial<Extract<Outcome, { state: 'measured' }>>): Outcome => ({
  ...{ state: 'measured', seconds: timesOf([seconds]), firstStep: 1, peakMemory: 2 ** 28, loss: 0.1 },
  ...more,
});

const found: Results = {
  ...{
    command: '',
    complete: true,
    seconds: 1,
    rounds: 1,
    stepLimit: 10,
    disagreements: [],
    foreignLoad: [0],
    sgemm: [],
  },
  environment: { date: '', processor: '', cores: 1, memory: 2 ** 34, system: '', node: '' },
  peers: {
    simd: { versions: {}, threads: 2 },
    webgpu: { versions: {}, threads: 1, device: { kind: 'webgpu', ...card } },
    'pytorch-cuda': { versions: {}, threads: 1, device: { kind: 'cuda', ...card } },
    'pytorch-cuda-tf32': { versions: {}, threads: 1, precision: 'TF32', device: { kind: 'cuda', ...card } },
  },
  deviceRates: [
    { peer: 'webgpu', precision: 'float32', rate: 20_000 },
    { peer: 'pytorch-cuda', precision: 'float32', rate: 40_000 },
    { peer: 'pytorch-cuda-tf32', precision: 'TF32', rate: 200_000 },
  ],
  results: [
    { peer: 'simd', case: each, outcome: measured(1, { rate: 90 }) },
    {
      peer: 'webgpu',
      case: each,
      outcome: measured(0.005, {
        rate: 10_000,
        deviceMemory: 2 ** 29,
        demands: { hostSeconds: 5e-4, dispatches: 19, submissions: 1, readBacks: 0, kernelBytes: 2 ** 20 },
      }),
    },
    { peer: 'pytorch-cuda', case: each, outcome: measured(0.004, { rate: 12_500, deviceMemory: 2 ** 31 }) },
    { peer: 'pytorch-cuda-tf32', case: each, outcome: measured(0.002, { rate: 50_000, deviceMemory: 2 ** 31 }) },
  ],
};

test('rates on a card are shares of the largest in float32, which those with TF32 may exceed', () => {
  expect(deviceRateTable(found).rows).toEqual([
    ['webgpu: value, width 256, 65,536 points', '10.0 TFLOP/s', '25 %'],
    ['pytorch-cuda: value, width 256, 65,536 points', '12.5 TFLOP/s', '31 %'],
    ['pytorch-cuda-tf32: value, width 256, 65,536 points', '50.0 TFLOP/s', '125 %'],
  ]);
});

test('only peers on WebGPU have a row of what they ask of the host, and only those on a device have its memory', () => {
  expect(demandsTable(found).rows).toEqual([
    ['webgpu: value, width 256, 65,536 points', '5.00 ms', '0.50 ms', '19', '1', '0', '1 MiB'],
  ]);
  expect(deviceMemoryTable(found)).toEqual({
    header: ['', 'webgpu', 'pytorch-cuda', 'pytorch-cuda-tf32'],
    rows: [['value, width 256, 65,536 points', '512 MiB', '2.0 GiB', '2.0 GiB']],
  });
});

test('the page of a card has its own sections, and sets this project beside PyTorch there', () => {
  const html = makeSpeedPage(found);
  expect(html).toContain('How close to the device');
  expect(html).toContain('40.0 TFLOP/s in float32 by <code>pytorch-cuda</code>, 200.0 TFLOP/s in TF32');
  expect(html).toMatch(/speed-up of webgpu over PyTorch on CUDA/);
  expect(html).not.toContain('emulated');
  expect(html).not.toMatch(/undefined|NaN|\[object/);
});

test('rates on the processor are shares of the highest rate of the libraries', () => {
  const product = { library: 'numpy 2', rows: 4096, inner: 4096, columns: 4096 };
  const sgemm = [
    { ...product, threads: 1, rate: 60 },
    { ...product, threads: 2, rate: 120 },
  ];
  expect(sgemmTable({ ...found, sgemm })).toEqual({
    header: ['', '4,096 x 4,096 x 4,096'],
    rows: [
      ['numpy 2, 1 thread', '60.0 GFLOP/s'],
      ['numpy 2, 2 threads', '120.0 GFLOP/s'],
    ],
  });
  expect(sgemmShareTable({ ...found, sgemm })).toEqual({
    header: ['', 'simd'],
    rows: [['value, width 256, 65,536 points', '90.0 GFLOP/s, 75 %']],
  });
  expect(sgemmShareTable(found).rows).toEqual([]);
});

test('a report in Markdown has times, speed-ups, shares and the name of the card', () => {
  const result = { style: 'tiled', name: 'sine', errors: [1e-7, null, 1e-3], good: false };
  const parity = { adapter: 'a card', software: false, results: [result], allowed: 1e-4, faults: [] };
  const report = makeMarkdown({ ...found, about: { cards: 'A card, driver 1', parity } }, ['pytorch-cuda']);
  expect(report).toContain('- graphics card: a card\n- nvidia-smi: A card, driver 1\n');
  expect(report).toContain(
    '0 of 1 cases agree with the cpu backend within 0.0001.\n\n- tiled sine: 1.0e-7, not a number, 1.0e-3',
  );
  expect(report).toContain('| 256 wide, 65,536 points | 1.00 s −0/+0 % | 5.00 ms −0/+0 % |');
  expect(report).toContain('## Value: speed-up over pytorch-cuda');
  expect(report).toContain('| 256 wide, 65,536 points | 0.0040 x | 0.80 x | 2.00 x |');
  expect(report).not.toMatch(/undefined|NaN|\[object/);
});
