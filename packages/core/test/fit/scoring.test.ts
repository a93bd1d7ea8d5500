/** @file Passes over points that a source scores before some steps. */
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  adam,
  type CheckpointStore,
  createField,
  createFieldBatch,
  type FitOptions,
  fit,
  lbfgs,
  type PointSource,
  pointwiseLoss,
  siren,
  term,
} from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const SIZE = 16;
const coords = Float32Array.from({ length: SIZE }, (_, i) => i / 8 - 1);
const valueAt = (x: number): number => Math.sin(4 * x);
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });

const at = (chosen: ArrayLike<number>) => {
  const some = Float32Array.from(chosen, index => coords[index] as number);
  return { coords: some, targets: { value: some.map(valueAt) } };
};

/** Every third step the 5 points with the largest losses are chosen. */
const worst = (seen: { step: number; start: number; losses: number[] }[] = []): PointSource => {
  let losses: Float32Array = new Float32Array(SIZE);
  const chosen = (): number[] =>
    Array.from(losses, (_, index) => index).sort((a, b) => (losses[b] as number) - (losses[a] as number) || a - b);
  return {
    inFeatures: 1,
    pointsPerStep: 5,
    fixed: false,
    draw: (start, count) => at(chosen().slice(start, start + count)),
    scoring: {
      size: SIZE,
      due: ({ step }) => step % 3 === 1,
      draw: (start, count) => at(Array.from({ length: count }, (_, i) => start + i)),
      take: (part, start, { step }) => {
        seen.push({ step, start, losses: [...part] });
        losses = losses.slice();
        losses.set(part, start);
      },
    },
    state: {
      read: () => losses.slice(),
      restore: values => {
        losses = values;
      },
    },
  };
};

const run = async (points: PointSource, options: Partial<FitOptions> = {}): Promise<Float32Array> => {
  const field = createField(spec, { seed: 1 });
  const defaults = { steps: 8, chunkSize: 7, optimizer: adam({ learningRate: 1e-2 }) };
  try {
    for await (const _ of fit(field, [term({ points, loss })], { ...defaults, ...options }));
    const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
    return Float32Array.from(parts.flatMap(part => [...part]));
  } finally {
    field.dispose();
  }
};

describe('points with scoring', () => {
  it('get the losses at the parameters before the step, chunk by chunk, in the steps that they ask for', async () => {
    const seen: { step: number; start: number; losses: number[] }[] = [];
    const { numTensors } = memory();
    await run(worst(seen));
    expect(memory().numTensors).toBe(numTensors);
    expect(seen.map(({ step, start, losses }) => [step, start, losses.length])).toEqual(
      [1, 4, 7].flatMap(step => [
        [step, 0, 7],
        [step, 7, 7],
        [step, 14, 2],
      ]),
    );
    const field = createField(spec, { seed: 1 });
    const values = tidy(() => field.evaluate(tensor2d(coords, [SIZE, 1])).dataSync());
    const first = seen.filter(({ step }) => step === 1).flatMap(({ losses }) => losses);
    for (const [i, value] of values.entries())
      expect(first[i]).toBeCloseTo((value - valueAt(coords[i] as number)) ** 2, 6);
    field.dispose();
  });

  it('get the values of the field where they need them', async () => {
    const seen: (number[] | undefined)[] = [];
    const source = worst();
    const scoring = {
      ...(source.scoring as NonNullable<PointSource['scoring']>),
      needsValues: ({ step }: { readonly step: number }) => step === 4,
      take: (_: Float32Array, __: number, at: { readonly step: number }, values?: Float32Array) => {
        if (at.step < 7) seen.push(values && [...values]);
      },
    };
    const { numTensors } = memory();
    let field: number[] = [];
    // The pass before step 4 sees the parameters after 3 steps.
    await run({ ...source, scoring }, { steps: 8 });
    expect(memory().numTensors).toBe(numTensors);
    const early = createField(spec, { seed: 1 });
    const options = { steps: 8, chunkSize: 7, optimizer: adam({ learningRate: 1e-2 }) };
    for await (const { step } of fit(early, [term({ points: { ...source, scoring }, loss })], options))
      if (step === 3) {
        field = [...tidy(() => early.evaluate(tensor2d(coords, [SIZE, 1])).dataSync())];
        break;
      }
    early.dispose();
    expect(seen.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(seen.slice(3, 6).flat()).toEqual(field);
  });

  it('resume to the same bits from any checkpoint', async () => {
    const written: Uint8Array[] = [];
    const checkpoint = (start?: Uint8Array) => {
      const all = start ? [start] : written;
      const store: CheckpointStore = {
        read: async () => all.at(-1),
        write: async bytes => {
          all.push(bytes);
        },
      };
      return { checkpoint: { store, everySteps: 1 } };
    };
    const whole = await run(worst(), checkpoint());
    expect(written.length).toBeGreaterThan(5);
    for (const kept of written.slice(0, -1)) expect(await run(worst(), checkpoint(kept))).toEqual(whole);
  });

  it('can be stopped in the middle of a pass without losing a tensor', async () => {
    const { numTensors } = memory();
    const stop = new AbortController();
    const reason = new Error('enough');
    const source = worst();
    const scoring = { ...source.scoring, take: () => stop.abort(reason) };
    await expect(run({ ...source, scoring } as PointSource, { signal: stop.signal })).rejects.toBe(reason);
    expect(memory().numTensors).toBe(numTensors);
  });

  it('need one evaluation per step, a single field, and targets as in draw', async () => {
    await expect(run(worst(), { optimizer: lbfgs() })).rejects.toThrow('which lbfgs does not support');
    const batch = createFieldBatch(spec, { count: 2, seed: 1 });
    const fits = fit(batch, [term({ points: worst(), loss })], { steps: 1 });
    await expect(fits.next()).rejects.toThrow('points with scoring do not support batches of fields');
    batch.dispose();
    const bare = { ...worst(), scoring: { ...worst().scoring, draw: () => ({ coords: new Float32Array(7) }) } };
    await expect(run(bare as PointSource)).rejects.toThrow("the points have no target 'value'");
  });
});
