import { expect, test } from 'vitest';
import { bestSetting } from '../../src/networks/best-setting.ts';
import {
  expectedNetworkTrials,
  type NetworksPlan,
  networkTrialsOf,
  type SettledTrial,
} from '../../src/networks/plan.ts';
import { countNetworkTrials, plannedSteps, predictedRun, timedNetworksOf } from '../../src/networks/predicted.ts';
import type { NetworkResult } from '../../src/networks/results.ts';
import { describeNetworkTrial, type NetworkTrial } from '../../src/networks/trial.ts';

const plan: NetworksPlan = {
  ...{ tasks: [{ name: 'picture', size: 16 }], networks: ['siren'], parameters: 1000, budget: { steps: 100 } },
  ...{ training: 'common', rates: [1e-3, 3e-3, 9e-3], frequencyFactors: [0.5, 1], seeds: [0, 1, 2], neighbours: 0 },
  ...{ evaluations: 5, isPossible: () => true },
};

const resultOf = (trial: NetworkTrial, between: number | undefined): NetworkResult => ({
  ...{ trial, parameters: 1000, options: {}, steps: 100, wall: 1, curve: [] },
  ...(between === undefined ? { figures: {}, diverged: 'the loss is NaN' } : { figures: { between } }),
});

/** Runs trials until no other is known, and gives them in the order of the runs. */
const runAll = (which: NetworksPlan, find: (trial: NetworkTrial) => number | undefined): NetworkTrial[] => {
  const known = new Map<string, NetworkResult>();
  const order: NetworkTrial[] = [];
  const settled: SettledTrial = trial => known.get(JSON.stringify(trial));
  for (;;) {
    const next = networkTrialsOf(which, settled).find(trial => settled(trial) === undefined);
    if (next === undefined) break;
    known.set(JSON.stringify(next), resultOf(next, find(next)));
    order.push(next);
  }
  return order;
};

const short = ({ frequency, rate, seed }: NetworkTrial): readonly number[] => [frequency, rate, seed];

test('frequencies are swept at the middle rate, then rates at the best of them, then come the other seeds', () => {
  const order = runAll(plan, ({ frequency, rate }) => 30 - Math.abs(Math.log2(frequency)) - Math.abs(rate - 3e-3));
  expect(order.map(short)).toEqual([
    ...[
      [0.5, 3e-3, 0],
      [1, 3e-3, 0],
      [2, 3e-3, 0],
    ],
    ...[
      [1, 1e-3, 0],
      [1, 9e-3, 0],
    ],
    ...[
      [1, 3e-3, 1],
      [1, 3e-3, 2],
    ],
  ]);
  // As predicted, but for the rates that were not extended.
  expect(countNetworkTrials(plan)).toBe(order.length + 1);
});

test('sweeps go beyond the best at the edge; one that diverges is worse than any other', () => {
  const order = runAll({ ...plan, frequencyFactors: [1], seeds: [0] }, ({ rate }) => (rate > 0.1 ? undefined : rate));
  expect(order.map(({ rate }) => rate)).toEqual([3e-3, 1e-3, 9e-3, 0.027, 0.081, 0.243]);
  const lower = runAll({ ...plan, networks: ['relu'], seeds: [0] }, ({ rate }) => -rate);
  expect(lower.map(({ frequency }) => frequency)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(Math.min(...lower.map(({ rate }) => rate))).toBeCloseTo(1e-3 / 27, 8);
  const none = runAll({ ...plan, seeds: [0, 1] }, () => undefined);
  expect(none.map(short)).toEqual([
    [0.5, 3e-3, 0],
    [1, 3e-3, 0],
    [1, 1e-3, 0],
    [1, 9e-3, 0],
  ]);
});

test('as published, each network has the rate and the frequencies of its paper', () => {
  const order = runAll({ ...plan, training: 'published', networks: ['siren', 'wire'] }, () => 20);
  expect(order.map(({ network, rate, frequency, seed }) => [network, rate, frequency, seed])).toEqual(
    ['siren', 'wire'].flatMap(name => [0, 1, 2].map(seed => [name, name === 'siren' ? 1e-4 : 5e-3, 1, seed])),
  );
  expect(expectedNetworkTrials({ ...plan, training: 'published' })[0]?.count).toBe(3);
});

test('networks that cannot take part are left out', () => {
  const partial = {
    ...plan,
    networks: ['siren', 'relu'],
    isPossible: (_: string, network: string) => network === 'relu',
  };
  expect(runAll(partial, () => 20).every(({ network }) => network === 'relu')).toBe(true);
  expect(timedNetworksOf(partial).map(({ network }) => network)).toEqual(['relu']);
});

test('the best setting is that of the highest mean with the most seeds', () => {
  const [trial] = networkTrialsOf(plan, () => undefined) as [NetworkTrial];
  const of = (rate: number, seed: number, between?: number): NetworkResult =>
    resultOf({ ...trial, rate, seed }, between);
  const best = (results: readonly NetworkResult[]): number | undefined =>
    bestSetting(results, { decides: 'between', settingOf: result => result.trial.rate });
  expect(best([of(1, 0, 20), of(2, 0, 21)])).toBe(2);
  expect(best([of(1, 0, 20), of(1, 1, 20), of(2, 0, 30)])).toBe(1);
  expect(best([of(1, 0, 20), of(2, 0)])).toBe(1);
  expect(best([of(2, 0)])).toBeUndefined();
});

test('a budget in seconds becomes steps by the time of a step', () => {
  const [trial] = networkTrialsOf(plan, () => undefined) as [NetworkTrial];
  const time = {
    ...{ timed: trial, first: 0.5, foreignLoad: 0, date: '', environment: {} },
    step: { median: 0.01, lowest: 0.01, highest: 0.01, rounds: [0.01] },
  };
  expect(plannedSteps(trial, undefined)).toBe(100);
  expect(plannedSteps({ ...trial, budget: { seconds: 1.5 } }, time)).toBe(100);
  expect(plannedSteps({ ...trial, budget: { seconds: 1.5 } }, undefined)).toBeUndefined();
  const workOf = () => ({ points: 256, derivative: 'value' as const });
  const timed = predictedRun(plan, { evaluations: 0, timeOf: () => time, workOf });
  expect(timed).toBeCloseTo(countNetworkTrials(plan) * (0.3 + 0.5 + 1), 6);
  expect(predictedRun(plan, { evaluations: 0, timeOf: () => undefined, workOf })).toBeLessThan(timed);
});

test('a trial in words', () => {
  const [trial] = networkTrialsOf(plan, () => undefined) as [NetworkTrial];
  expect(describeNetworkTrial(trial)).toBe('picture 16: siren, rate 3e-3, frequencies x 1/2, seed 0');
});
