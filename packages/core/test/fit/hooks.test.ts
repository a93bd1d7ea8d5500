/** @file What a fit lets others change from step to step: the weights of terms, and the parameters after an update. */
import '@tensorflow/tfjs-backend-cpu';
import { clipByValue, memory, mul, setBackend, slice } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  adam,
  type CheckpointStore,
  cosine,
  createField,
  type FitOptions,
  type FitProgress,
  fit,
  lbfgs,
  pointwiseLoss,
  type Schedule,
  siren,
  type Term,
  term,
} from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const coords = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
const points = (sign: number) => {
  const value = coords.map(x => sign * Math.sin(4 * x));
  return { inFeatures: 1, pointsPerStep: 16, fixed: true, draw: () => ({ coords, targets: { value } }) };
};
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const main = term({ name: 'main', points: points(1), loss });

const run = async (terms: readonly Term[], options: FitOptions): Promise<{ values: Float32Array; reports: FitProgress[] }> => {
  const field = createField(spec, { seed: 1 });
  const reports: FitProgress[] = [];
  for await (const progress of fit(field, terms, options)) reports.push(progress);
  const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  field.dispose();
  return { values: Float32Array.from(parts.flatMap(part => [...part])), reports };
};

/** 1 at the first step, 0 afterwards. */
const once: Schedule = { describe: () => 'once', factor: step => (step === 1 ? 1 : 0) };
const other = (options: { readonly weight?: number; readonly weightSchedule?: Schedule }): Term =>
  term({ name: 'other', points: points(-1), loss, ...options });

describe("a term's weight", () => {
  it('follows its schedule, in the gradient as in the loss that is reported', async () => {
    const optimizer = adam({ learningRate: 1e-2 });
    const scheduled = await run([main, other({ weight: 2, weightSchedule: once })], { steps: 1, optimizer });
    expect(scheduled.values).toEqual((await run([main, other({ weight: 2 })], { steps: 1, optimizer })).values);
    const never: Schedule = { describe: () => 'never', factor: () => 0 };
    const without = await run([main, other({ weightSchedule: never })], { steps: 4, optimizer });
    expect(without.values).toEqual((await run([main, other({ weight: 0 })], { steps: 4, optimizer })).values);
    const { reports } = await run([main, other({ weight: 2, weightSchedule: cosine() })], { steps: 3, optimizer });
    for (const [index, factor] of [1, 0.5, 0].entries()) {
      const { loss: total, terms } = reports[index] as FitProgress;
      expect(total).toBeCloseTo((terms['main'] as number) + 2 * factor * (terms['other'] as number), 6);
    }
  });

  it('may change for an optimizer that searches', async () => {
    const { reports } = await run([main, other({ weightSchedule: once })], { steps: 6, optimizer: lbfgs() });
    expect(reports.at(-1)?.terms['main']).toBeLessThan(0.1 * (reports[0]?.terms['main'] as number));
  });

  it('has a schedule that a resumed run must agree on, and that gives finite factors', async () => {
    let kept: Uint8Array | undefined;
    const store: CheckpointStore = {
      read: async () => kept,
      write: async bytes => {
        kept = bytes;
      },
    };
    await run([other({ weightSchedule: cosine() })], { steps: 2, checkpoint: { store } });
    await expect(run([other({ weightSchedule: once })], { steps: 2, checkpoint: { store } })).rejects.toThrow(
      'another run: its terms',
    );
    const wrong: Schedule = { describe: () => 'wrong', factor: () => Number.NaN };
    await expect(run([other({ weightSchedule: wrong })], { steps: 2 })).rejects.toThrow("schedule 'wrong' must give a factor");
  });
});

describe('a projection', () => {
  const project: NonNullable<FitOptions['project']> = parameters => clipByValue(parameters, -0.2, 0.2);

  it.each([
    ['adam', adam({ learningRate: 0.05 })],
    ['lbfgs', lbfgs()],
  ])('holds the parameters after every update of %s', async (_, optimizer) => {
    const { values, reports } = await run([main], { steps: 8, optimizer, project });
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.2));
    expect(values.filter(x => Math.abs(x) === Math.fround(0.2)).length).toBeGreaterThan(0);
    expect(reports.at(-1)?.loss).toBeLessThan(reports[0]?.loss as number);
  });

  it('is given the layout, goes on to the same bits, and leaves nothing behind', async () => {
    let kept: Uint8Array | undefined;
    const store: CheckpointStore = {
      read: async () => kept,
      write: async bytes => {
        kept = bytes;
      },
    };
    const halved: NonNullable<FitOptions['project']> = (parameters, layout) => {
      expect(layout.size).toBe(parameters.size);
      return mul(parameters, 0.99);
    };
    const whole = await run([main], { steps: 6, project: halved });
    const { numTensors } = memory();
    const field = createField(spec, { seed: 1 });
    const options = { steps: 6, project: halved, checkpoint: { store, everySteps: 1 } };
    for await (const { step } of fit(field, [main], options)) if (step === 3) break;
    field.dispose();
    expect((await run([main], options)).values).toEqual(whole.values);
    expect(memory().numTensors).toBe(numTensors);
  });

  it('that returns another length is refused', async () => {
    await expect(run([main], { steps: 1, project: parameters => slice(parameters, 1) })).rejects.toThrow(
      'project: an update must return vectors of shape',
    );
  });
});
