/** @file Fits with early stopping, which resume to the same end. */
import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  adam,
  createField,
  type FitOptions,
  type FitProgress,
  fit,
  pointwiseLoss,
  type StopRule,
  siren,
  stopAt,
  stopOnHeldOut,
  stopOnPlateau,
  term,
} from '../../src/index.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const coords = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
const loss = pointwiseLoss(
  { errors: [{ of: 'value', target: 'value' }], penalty: squared },
  { metrics: { psnr: value => -10 * Math.log10(value) } },
);
const points = (noise: number) => {
  const value = coords.map((x, i) => Math.sin(4 * x) + noise * Math.sin(100 * i));
  return { inFeatures: 1, pointsPerStep: 16, fixed: true, draw: () => ({ coords, targets: { value } }) };
};
const main = term({ name: 'main', points: points(0.5), loss });
const heldOut = term({ name: 'held-out', points: points(0), loss, weight: 7 });

const run = async (until: FitOptions['until'], options: Partial<FitOptions> = {}): Promise<FitProgress[]> => {
  const field = createField(spec, { seed: 1 });
  const reports: FitProgress[] = [];
  const settings = { steps: 300, optimizer: adam({ learningRate: 2e-2 }), ...(until && { until }), ...options };
  for await (const progress of fit(field, [main], settings)) reports.push(progress);
  field.dispose();
  return reports;
};

describe('until', () => {
  it('ends a fit when a metric is good enough, with the reason', async () => {
    const whole = await run(undefined);
    const reached = whole.findIndex(({ metrics }) => (metrics['psnr'] as number) >= 8);
    expect(reached).toBeGreaterThan(2);
    const stopped = await run(stopAt({ metric: 'psnr', atLeast: 8 }));
    expect(stopped.length).toBe(reached + 1);
    expect(stopped.at(-1)?.stopped).toMatch(/^psnr is \d.*, at least 8$/);
    expect(stopped.at(-2)?.stopped).toBeUndefined();
    const below = await run(stopAt({ metric: 'main', atMost: whole[reached]?.loss as number }));
    expect(below.length).toBe(reached + 1);
  });

  it('compares a running mean of a metric, which resumes', async () => {
    const decay = 0.8;
    const losses = (await run(undefined)).map(({ loss: value }) => value);
    let mean = losses[0] as number;
    const means = losses.map((value, i) => (mean = i === 0 ? value : decay * mean + (1 - decay) * value));
    const atMost = means[40] as number;
    const rule = stopAt({ metric: 'loss', atMost, decay });
    expect(means.findIndex(value => value <= atMost)).toBe(40);
    expect(losses.findIndex(value => value <= atMost)).toBeLessThan(40);
    expect(await run(rule)).toHaveLength(41);
    const store = memoryStore();
    const field = createField(spec, { seed: 1 });
    const settings = { steps: 300, optimizer: adam({ learningRate: 2e-2 }), until: rule, checkpoint: { store } };
    for await (const { step } of fit(field, [main], settings)) if (step === 30) break;
    field.dispose();
    expect((await run(rule, { checkpoint: { store } })).at(-1)?.step).toBe(41);
    expect(() => stopAt({ metric: 'loss', atMost, decay: 1 })).toThrow(
      'stopAt: decay must be a number in [0, 1), got 1',
    );
  });

  it('ends a fit whose loss is on a plateau', async () => {
    const options: Partial<FitOptions> = { optimizer: adam({ learningRate: 0 }) };
    const stopped = await run(stopOnPlateau({ patience: 5 }), options);
    expect(stopped.length).toBe(6);
    expect(stopped.at(-1)?.stopped).toContain('loss has not improved for 5 steps');
    expect((await run(stopOnPlateau({ patience: 5, minImprovement: 0.99 }))).length).toBeLessThan(15);
  });

  it('ends a fit that overfits, by the loss at held-out points', async () => {
    const own: number[] = [];
    const held: number[] = [];
    const watch: StopRule = {
      describe: () => 'watch',
      judge: async (progress, { lossOf }) => {
        own.push(progress.loss);
        held.push(await lossOf(heldOut));
        return { state: [] };
      },
    };
    await run(watch, { reportEvery: 10 });
    const best = held.indexOf(Math.min(...held));
    expect(best).toBeLessThan(held.length - 8);
    expect(own.at(-1)).toBeLessThan(0.9 * (own[best] as number));
    const stopped = await run([stopOnHeldOut(heldOut, { patience: 70 })], { reportEvery: 10 });
    expect(stopped.length).toBe(best + 8);
    expect(stopped.at(-1)?.stopped).toContain(
      "the loss of 'held-out' at held-out points has not improved for 70 steps",
    );
  });

  it('resumes to the same end from any checkpoint', async () => {
    const until = [stopOnHeldOut(heldOut, { patience: 70 }), stopAt({ metric: 'psnr', atLeast: 60 })];
    const store = memoryStore();
    const whole = await run(until, { reportEvery: 10, checkpoint: { store, everySteps: 30 } });
    for (const [index, checkpoint] of store.written.entries()) {
      const again = memoryStore(checkpoint);
      const resumed = await run(until, { reportEvery: 10, checkpoint: { store: again, everySteps: 30 } });
      expect(again.written.at(-1)).toEqual(store.written.at(-1));
      expect(resumed.at(-1)?.stopped).toBe(index === store.written.length - 1 ? undefined : whole.at(-1)?.stopped);
    }
    await expect(run(until.slice(1), { reportEvery: 10, checkpoint: { store } })).rejects.toThrow(
      'another run: its until',
    );
  });

  it('rejects invalid rules, before any work', async () => {
    expect(() => stopAt({ metric: 'psnr' })).toThrow('needs a finite number as either atLeast or atMost');
    expect(() => stopOnPlateau({ patience: 0 })).toThrow('patience must be a positive number of steps, got 0');
    await expect(run(stopAt({ metric: 'snr', atLeast: 1 }))).rejects.toThrow(
      "until must name a metric of the progress, got 'snr'; known: loss, main, psnr",
    );
    const broken: StopRule = { describe: () => 'broken', judge: () => ({ state: [Number.NaN] }) };
    await expect(run(broken)).rejects.toThrow("until 'broken' must return a list of finite numbers as its state");
    const plane = term({ points: { ...points(0), inFeatures: 2 }, loss });
    await expect(run(stopOnHeldOut(plane, { patience: 1 }))).rejects.toThrow('must have 1 coordinates');
  });
});
