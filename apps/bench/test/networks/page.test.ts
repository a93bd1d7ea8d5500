import { expect, test } from 'vitest';
import { makeNetworksPage } from '../../src/networks/page.ts';
import type { NetworkResult, NetworkResults } from '../../src/networks/results.ts';
import { taskSummaries } from '../../src/networks/summaries.ts';
import {
  fittedTable,
  frequencyTable,
  overviewLines,
  overviewTable,
  rateTable,
  taskTable,
} from '../../src/networks/tables.ts';
import { type NetworkTrial, timedNetworkOf } from '../../src/networks/trial.ts';
import { timesOf } from '../../src/speed/statistics.ts';

const trial: NetworkTrial = {
  ...{ task: 'picture', size: 16, network: 'siren', frequency: 1, training: 'common' },
  ...{ rate: 1e-3, budget: { steps: 100 }, seed: 0 },
};

const resultOf = (changes: Partial<NetworkTrial>, between?: number): NetworkResult => ({
  ...{ trial: { ...trial, ...changes }, parameters: 1234, options: {}, steps: 100, wall: 2 },
  curve:
    between === undefined ? [] : [50, 100].map(step => ({ step, figures: { between: between - 100 / step, at: 40 } })),
  bands: [
    { to: 1, decibels: -40 },
    { to: 2, decibels: -20 },
  ],
  ...(between === undefined ? { figures: {}, diverged: 'the loss is NaN' } : { figures: { between, at: 40 } }),
});

const found = (results: readonly NetworkResult[]): NetworkResults => ({
  ...{ command: 'npm run bench -- networks <test>', complete: false, seconds: 5, workers: 2, results },
  environment: { date: 'today', processor: 'abacus', cores: 2, memory: 2 ** 30, system: 'Linux 6', node: 'v20' },
  backend: { name: 'simd', versions: { tfjs: '4' } },
  tasks: [
    {
      ...{ task: 'picture', size: 16, points: 256 },
      baseline: { title: 'interpolation', figures: { between: 25 } },
      bands: [{ to: 1, decibels: 0 }],
    },
  ],
  times: [
    {
      ...{ timed: timedNetworkOf(trial), first: 0.5, step: timesOf([0.01]), foreignLoad: 0.5, date: '' },
      environment: {},
    },
  ],
  failures: [{ trial: { ...trial, network: 'wire' }, reason: 'it <died>' }],
  absent: [{ task: 'picture', network: 'deepsdf', reason: 'too narrow' }],
});

const results = [
  resultOf({ frequency: 0.5 }, 20),
  resultOf({}, 30),
  resultOf({ rate: 3e-3 }, 28),
  resultOf({ rate: 9e-3 }),
  resultOf({ seed: 1 }, 31),
  resultOf({ network: 'relu' }, 22.04),
];

test('tables have the mean and the spread of the best settings, and mark the best', () => {
  const [summary, ...others] = taskSummaries(found(results));
  expect(others).toEqual([]);
  expect(overviewTable([summary!])).toEqual({
    header: ['', 'picture: between the samples, dB'],
    rows: [
      ['siren', '★ 30.5 ±0.5'],
      ['relu', '22.0'],
      ['without a network', '25.0'],
    ],
  });
  expect(fittedTable([summary!]).rows.map(row => row[1])).toEqual(['★ 40.0 ±0.0', '★ 40.0', '']);
  expect(taskTable(summary!).rows[0]).toEqual([
    ...['siren', '★ 30.5 ±0.5', '★ 40.0 ±0.0', '-', '1e-3', 'x 1', '1,234', '100', '10.0 ms', '1.50'],
  ]);
  expect(rateTable(summary!)).toEqual({
    header: ['rate', '1e-3', '3e-3', '9e-3'],
    rows: [['siren', '30.0', '28.0', 'diverged']],
  });
  expect(frequencyTable(summary!)).toEqual({
    header: ['frequencies', 'x 1/2', 'x 1'],
    rows: [['siren', '20.0', '30.0']],
  });
});

test('the page says what is missing, escapes text, and has a plot of each kind', () => {
  const page = makeNetworksPage(found(results));
  expect(page).toContain('This run is not complete');
  expect(page).toContain('Other programs used 50 %');
  expect(page).toContain('it &lt;died&gt;');
  expect(page).toContain('picture: deepsdf');
  for (const title of ['Over steps', 'Over seconds', 'Over the learning rate', 'The error per octave of frequency'])
    expect(page).toContain(`<b>${title}</b>`);
  expect(page).not.toContain('<test>');
});

test('where all fits of a network diverged, the tables say so', () => {
  const [summary] = taskSummaries(found([resultOf({})]));
  expect(overviewTable([summary!]).rows[0]).toEqual(['siren', 'diverged']);
  expect(makeNetworksPage(found([resultOf({})]))).toContain('diverged');
});

test('a run without results says so', () => {
  expect(overviewLines(found([]))).toEqual(['nothing was measured']);
  expect(makeNetworksPage(found([]))).toContain('Nothing was measured.');
  expect(overviewLines(found(results)).slice(0, 3)).toEqual([
    '|  | picture: between the samples, dB |',
    '| --- | --- |',
    '| siren | ★ 30.5 ±0.5 |',
  ]);
});
