import { describe, expect, test } from 'vitest';
import { bestRate } from '../../src/quality/best-rate.ts';
import { type Family, type Plan, type Settled, trialsOf } from '../../src/quality/plan.ts';
import { countTrials } from '../../src/quality/predicted.ts';
import type { TrialResult } from '../../src/quality/results.ts';
import type { Trial } from '../../src/quality/trial.ts';

const family: Family = {
  ...{ optimizer: 'adam', schedule: 'cosine', sampling: 'all' },
  ...{ peers: ['native', 'simd', 'pytorch'], rates: [1, 2, 4, 8] },
};

const plan: Plan = {
  ...{ signals: [{ name: 'flower', size: 8 }], network: { width: 16, layers: 1 }, families: [family] },
  ...{ budget: { steps: 100 }, seeds: [0, 1, 2] },
};

interface Found {
  readonly at: number;
  readonly between?: number;
  readonly diverged?: string;
}

const resultOf = (trial: Trial, { at, between = 20, diverged }: Found): TrialResult => ({
  ...{ trial, steps: 100, wall: 1, curve: [{ step: 100, psnr: at }], final: { psnr: at, between } },
  reached: at >= 40 ? [{ threshold: 40, step: 50, between }] : [],
  ...(diverged !== undefined && { diverged }),
});

/** Runs trials until no other is known, and gives them in the order of the runs. */
const runAll = (which: Plan, find: (trial: Trial) => Found | 'failed'): Trial[] => {
  const known = new Map<string, TrialResult | 'failed'>();
  const order: Trial[] = [];
  const settled: Settled = trial => known.get(JSON.stringify(trial));
  for (;;) {
    const next = trialsOf(which, settled).find(trial => settled(trial) === undefined);
    if (next === undefined) break;
    const found = find(next);
    known.set(JSON.stringify(next), found === 'failed' ? found : resultOf(next, found));
    order.push(next);
  }
  expect(trialsOf(which, settled)).toHaveLength(order.length);
  return order;
};

const short = ({ method: { peer, rate }, seed }: Trial): string => `${peer} ${rate} ${seed}`;

describe('the trials of a plan', () => {
  test('are all rates with one seed, neighbours of the best with the others, and the best with other programs', () => {
    const run = runAll(plan, ({ method: { rate } }) => ({ at: 30 - Math.abs(rate - 2) }));
    expect(run.map(short)).toEqual([
      ...['native 1 0', 'native 2 0', 'native 4 0', 'native 8 0'],
      ...['native 2 1', 'native 1 1', 'native 4 1', 'native 2 2', 'native 1 2', 'native 4 2'],
      ...['simd 2 0', 'simd 2 1', 'simd 2 2', 'pytorch 2 0', 'pytorch 2 1', 'pytorch 2 2'],
    ]);
    expect(countTrials(plan)).toBe(run.length);
  });

  test('use the best rate over all seeds with the other programs', () => {
    const run = runAll(plan, ({ method: { rate }, seed }) => ({ at: seed === 0 ? 30 - Math.abs(rate - 2) : rate }));
    expect(run.slice(-6).map(short)[0]).toBe('simd 4 0');
  });

  test('go beyond the lowest and the highest rate, but not without end', () => {
    const upwards = runAll({ ...plan, seeds: [0] }, ({ method: { rate } }) => ({ at: rate }));
    expect(upwards.map(short)).toEqual([
      ...[1, 2, 4, 8, 16, 32].map(rate => `native ${rate} 0`),
      'simd 32 0',
      'pytorch 32 0',
    ]);
    const downwards = runAll({ ...plan, seeds: [0] }, ({ method: { rate } }) => ({ at: -rate }));
    expect(downwards.map(({ method }) => method.rate)).toEqual([1, 2, 4, 8, 0.5, 0.25, 0.25, 0.25]);
    const single = runAll({ ...plan, families: [{ ...family, rates: [3] }], seeds: [0] }, () => ({ at: 1 }));
    expect(single.map(short)).toEqual(['native 3 0', 'simd 3 0', 'pytorch 3 0']);
  });

  test('leave the rates to the next program where one fails, and try all with each where that is wanted', () => {
    const failing = runAll({ ...plan, seeds: [0] }, ({ method: { peer, rate } }) =>
      peer === 'native' ? 'failed' : { at: 30 - Math.abs(rate - 4) },
    );
    expect(failing.filter(({ method }) => method.peer === 'simd')).toHaveLength(4);
    expect(failing.at(-1)?.method).toMatchObject({ peer: 'pytorch', rate: 4 });
    const all = runAll({ ...plan, seeds: [0], sweepAllPeers: true }, ({ method: { rate } }) => ({
      at: 30 - Math.abs(rate - 4),
    }));
    expect(all).toHaveLength(12);
    expect(countTrials({ ...plan, seeds: [0], sweepAllPeers: true })).toBe(12);
  });
});

describe('the best rate', () => {
  const [trial] = trialsOf(plan, () => undefined);
  const of = (rate: number, found: Found, seed = 0): TrialResult =>
    resultOf({ ...trial!, seed, method: { ...trial!.method, rate } }, found);

  test('is the best between the samples among those that are good enough at them', () => {
    expect(
      bestRate([of(1, { at: 39, between: 35 }), of(2, { at: 41, between: 30 }), of(4, { at: 50, between: 29 })]),
    ).toBe(2);
  });

  test('is otherwise the best at the samples', () => {
    expect(bestRate([of(1, { at: 39, between: 35 }), of(2, { at: 39.5, between: 30 })])).toBe(2);
  });

  test('needs all seeds, and none that diverged', () => {
    const mixed = [of(1, { at: 41 }), of(1, { at: 41 }, 1), of(2, { at: 45, between: 30 }), of(2, { at: 39 }, 1)];
    expect(bestRate(mixed)).toBe(1);
    expect(bestRate([...mixed, of(4, { at: 60, between: 50 })])).toBe(1);
    expect(bestRate([of(1, { at: 10 }), of(2, { at: 45, diverged: 'the loss is NaN' })])).toBe(1);
    expect(bestRate([of(2, { at: Number.NaN, diverged: 'the loss is NaN' })])).toBeUndefined();
    expect(bestRate([])).toBeUndefined();
  });
});
