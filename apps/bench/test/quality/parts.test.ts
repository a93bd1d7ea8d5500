import { denseArray } from '@neural-fields/signals';
import { describe, expect, test } from 'vitest';
import { makeQualityMarkdown } from '../../src/quality/markdown.ts';
import { betweenTable, fastestTable } from '../../src/quality/overview.ts';
import { makeQualityPage } from '../../src/quality/page.ts';
import { countTrials, predictedSeconds, timedCases } from '../../src/quality/predicted.ts';
import { profiles } from '../../src/quality/profiles.ts';
import { createQualitySignal } from '../../src/quality/quality-signal.ts';
import { crossing } from '../../src/quality/reached.ts';
import { resultKey } from '../../src/quality/result-store.ts';
import type { QualityResults, TrialResult } from '../../src/quality/results.ts';
import { signalDefinitions } from '../../src/quality/signals.ts';
import { type StepTime, secondsAfter } from '../../src/quality/step-time.ts';
import { bestOfGroups, summaries } from '../../src/quality/summaries.ts';
import { casesOf, stepTable, stepTimeTable, sweepTable, timeTable } from '../../src/quality/tables.ts';
import { caseKey, timedCaseOf, timedCasesOf } from '../../src/quality/timed-case.ts';
import { describeMethod, type Method, type Trial } from '../../src/quality/trial.ts';
import { timesOf } from '../../src/speed/statistics.ts';

const method: Method = { peer: 'native', optimizer: 'adam', rate: 1e-3, schedule: 'cosine', sampling: 'all' };
const trial: Trial = {
  ...{ signal: 'flower', size: 8, network: { width: 16, layers: 1 }, method, budget: { steps: 100 }, seed: 0 },
};

const resultOf = (changes: Partial<Trial>, psnr: number, reachedAt?: number): TrialResult => ({
  trial: { ...trial, ...changes },
  ...{ steps: 100, wall: 3 },
  curve: [
    { step: 50, psnr: psnr - 5 },
    { step: 100, psnr },
  ],
  reached: reachedAt === undefined ? [] : [{ threshold: 30, step: reachedAt, between: 24 }],
  final: { psnr, between: psnr - 8 },
});

const time: StepTime = {
  case: timedCaseOf(trial),
  ...{ first: 0.5, step: timesOf([0.02, 0.01, 0.05]), choice: { chunk: 64 }, foreignLoad: 0.5 },
  ...{ date: 'today', environment: {} },
};

const found = (results: readonly TrialResult[]): QualityResults => ({
  ...{
    command: 'npm run bench -- quality <test>',
    complete: false,
    seconds: 5,
    foreignLoad: [0.5],
    results,
    times: [time],
  },
  environment: { date: 'today', processor: 'abacus', cores: 2, memory: 2 ** 30, system: 'Linux 6', node: 'v20' },
  peers: { native: { versions: { node: '20' }, threads: 2 }, pytorch: { unavailable: 'no Python' } },
  signals: [{ name: 'flower', size: 8, title: 'a <flower>', interpolation: 21.5 }],
  failures: [{ trial, reason: 'it died' }],
  timeFailures: [{ case: timedCaseOf(trial), reason: 'it stopped' }],
});

test('a quality is reached in between two evaluations, linearly in decibels', () => {
  const at = { step: 30, psnr: 34 };
  expect(crossing({ step: 20, psnr: 26 }, at, 30)).toBe(25);
  expect(crossing(undefined, at, 30)).toBe(30);
});

test('the key of a result depends on all settings, the machine and the programs', () => {
  const machine = { processor: 'abacus', torch: '2' };
  const keyOf = (of: Trial, environment: Readonly<Record<string, string>>, revision = 1): string =>
    resultKey(of, { environment, revision });
  const known = keyOf(trial, machine);
  expect(keyOf({ ...trial }, { torch: '2', processor: 'abacus' })).toBe(known);
  const others = [
    keyOf({ ...trial, seed: 1 }, machine),
    keyOf({ ...trial, method: { ...method, rate: 2e-3 } }, machine),
    keyOf({ ...trial, budget: { seconds: 100 } }, machine),
    keyOf(trial, { ...machine, torch: '3' }),
    keyOf(trial, machine, 2),
  ];
  expect(new Set([known, ...others]).size).toBe(6);
});

test('the time of a step depends on neither rate, schedule nor seed', () => {
  const others: Trial[] = [
    { ...trial, seed: 1, method: { ...method, rate: 1, schedule: 'constant' }, budget: { seconds: 3 } },
    { ...trial, method: { ...method, optimizer: 'muon' } },
    { ...trial, method: { ...method, peer: 'pytorch' } },
    { ...trial, network: { width: 17, layers: 1 } },
    { ...trial, method: { ...method, sampling: 'shuffled', batch: 8 } },
  ];
  expect(timedCasesOf([trial, ...others]).map(caseKey)).toEqual(
    [trial, ...others.slice(1)].map(each => caseKey(timedCaseOf(each))),
  );
  expect(new Set([trial, ...others].map(each => caseKey(timedCaseOf(each)))).size).toBe(5);
  expect(secondsAfter(time, 10)).toBeCloseTo(0.7, 12);
});

describe('summaries', () => {
  const slow = { ...method, rate: 1e-4 };
  const results = [
    resultOf({}, 32, 50),
    resultOf({ seed: 1 }, 30, 100),
    resultOf({ method: slow }, 20),
    resultOf({ method: slow, seed: 1 }, 24, 75),
  ];

  test('have mean and spread over seeds, and count those that reached a quality', () => {
    const [fast, other] = summaries({ results, times: [time] });
    expect(fast).toMatchObject({ seeds: 2, psnr: { mean: 31, half: 1 }, between: { mean: 23, half: 1 } });
    expect(fast?.reached).toMatchObject([{ threshold: 30, count: 2, seconds: { mean: 2, half: 0.5 } }]);
    expect(fast?.seconds).toBe(2.5);
    expect(other?.reached).toMatchObject([{ count: 1, step: { mean: 75, half: 0 } }]);
    expect(bestOfGroups(summaries({ results, times: [time] })).map(({ name }) => name)).toEqual([
      describeMethod(method),
    ]);
  });

  test('are tables of times, steps and rates', () => {
    const all = [...casesOf({ results, times: [time] }).values()][0]!;
    expect(timeTable(all).rows[0]).toEqual([
      ...['native adam cosine 1e-3, all', '31.00 ±1.00', '23.00 ±1.00'],
      ...['2.00 ±0.50', '-', '-', '-', '-', '100', '20.0 ms', '2.5', '3.0'],
    ]);
    expect(timeTable(all).rows[1]?.slice(0, 4)).toEqual([
      ...['native adam cosine 1e-4, all', '22.00 ±2.00', '14.00 ±2.00', '2.00 (1 of 2)'],
    ]);
    expect(timeTable([...casesOf({ results, times: [] }).values()][0]!).rows[0]?.slice(3, 4)).toEqual(['not timed']);
    expect(stepTimeTable(all).rows).toEqual([
      ['native adam, all', '20.0 ms', '10.0 ms', '50.0 ms', '500 ms', 'chunk 64', '50 %'],
    ]);
    expect(stepTable(all).rows[0]?.slice(0, 3)).toEqual(['native adam cosine 1e-3, all', '75', '24.00']);
    expect(sweepTable(all)).toEqual({
      header: ['at / between, dB', '1e-4', '1e-3'],
      rows: [['native adam cosine, all', '22.00 / 14.00', '31.00 / 23.00']],
    });
  });

  test('are compared at a glance, each method at its best rate', () => {
    const other = { ...method, peer: 'simd' } as const;
    const times = [time, { ...time, case: timedCaseOf({ ...trial, method: other }), first: 0, step: timesOf([0.1]) }];
    const at40 = (changes: Partial<Trial>, step: number): TrialResult => ({
      ...resultOf(changes, 41),
      reached: [{ threshold: 40, step, between: 30 }],
    });
    const all = [at40({}, 50), at40({ seed: 1 }, 100), at40({ method: other }, 5), resultOf({ signal: 'boats' }, 20)];
    const [group, otherGroup] = ['native adam cosine, all', 'simd adam cosine, all'];
    expect(fastestTable({ results: all, times })).toEqual({
      header: ['signal', group, otherGroup, 'fastest'],
      rows: [
        ['flower 8, SIREN 16 x 1', '2.00', '0.50', otherGroup],
        ['boats 8, SIREN 16 x 1', '-', '-', '-'],
      ],
    });
    // One of two seeds is not enough.
    const partly = [at40({}, 50), resultOf({ seed: 1 }, 30)];
    expect(fastestTable({ results: partly, times }).rows[0]).toEqual(['flower 8, SIREN 16 x 1', '-', '-']);
    // Program by program the mathematics is the same: no rounding error decides.
    expect(betweenTable({ results: all, times }).rows[0]?.slice(1)).toEqual(['33.00', '33.00', 'all the same']);
    expect(betweenTable({ results: all, times }).rows[1]).toEqual(['boats 8, SIREN 16 x 1', '12.00', '-', group]);
  });

  test('are a page and a report, which say what is missing', () => {
    const page = makeQualityPage(found(results));
    expect(page).toContain('a &lt;flower&gt;');
    expect(page.match(/<svg/g)).toHaveLength(3);
    const report = makeQualityMarkdown(found(results));
    for (const text of [page, report]) {
      expect(text).not.toMatch(/undefined|NaN|\[object/);
      for (const part of [
        'it died',
        'it stopped',
        'chunk 64',
        'no Python',
        '21.50 dB',
        'This run is not complete',
        'Other programs used 50 %',
      ])
        expect(text).toContain(part);
    }
    expect(makeQualityPage(found([]))).toContain('Nothing was measured.');
    const bad = resultOf({ seed: 2 }, Number.NaN);
    expect(makeQualityMarkdown(found([{ ...bad, diverged: 'the loss is NaN' }]))).toContain('(1 of 1 diverged)');
  });
});

test('profiles have methods that peers have, and a predicted time', () => {
  for (const profile of Object.values(profiles)) {
    for (const { batch, sampling, peers, rates } of profile.families) {
      expect(batch === undefined).toBe(sampling === 'all' || sampling === 'evos');
      if (peers.includes('pytorch')) expect(['all', 'shuffled']).toContain(sampling);
      expect([...rates].sort((a, b) => a - b)).toEqual(rates);
    }
    const cases = timedCases(profile);
    expect(new Set(cases.map(caseKey)).size).toBe(cases.length);
    const timesFor = (seconds: number): StepTime[] =>
      cases.map(each => ({ ...time, case: each, first: 0, step: timesOf([seconds]) }));
    const predicted = (times: readonly StepTime[]): number => predictedSeconds(profile, { evaluations: 0, times });
    const { budget } = profile;
    if ('seconds' in budget) expect(predicted([])).toBe(countTrials(profile) * (3 + budget.seconds));
    if ('steps' in budget)
      expect(predicted(timesFor(0.1))).toBeCloseTo(countTrials(profile) * (3 + 0.1 * budget.steps), 6);
  }
  expect(predictedSeconds(profiles.quick, { evaluations: profiles.quick.evaluations, times: [] })).toBeLessThan(
    20 * 60,
  );
  expect(predictedSeconds(profiles.full, { evaluations: profiles.full.evaluations, times: [] })).toBeLessThan(45 * 60);
});

describe('signals', () => {
  test.each(signalDefinitions.map(each => [each.name, each] as const))('%s has a finer original', async (_, each) => {
    const { shape, channels, values, coords, finer, finerCoords, interpolation } = await each.create(16);
    const expected = { sound: [256], torus: [6, 6, 6], bunny: [6, 6, 6] }[each.name] ?? [16, 16];
    const [axes, count] = [expected.length, expected.reduce((product, length) => product * length, 1)];
    expect(shape).toEqual(expected);
    expect([values.length, coords.length]).toEqual([count * channels, count * axes]);
    expect([finer.data.length, finerCoords.length]).toEqual([2 ** axes * count * channels, 2 ** axes * count * axes]);
    // The band-limited signal may overshoot.
    for (const data of [values, finer.data]) for (const value of data) expect(Math.abs(value)).toBeLessThan(1.2);
    expect(interpolation).toBeGreaterThan(12);
    expect(interpolation).toBeLessThan(45);
  });

  test('are averages of the finer one', () => {
    const finer = denseArray(Float32Array.of(-1, 0, 0, 1, 0.5, 0.5, 0.5, 0.5), [2, 4, 1]);
    const { values } = createQualitySignal(finer, { omega0: 30, filter: 'area' });
    expect([...values]).toEqual([0, 0.5]);
  });
});
