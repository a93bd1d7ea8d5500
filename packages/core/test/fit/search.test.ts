/** @file The fit loop with a search optimizer. */
import '@tensorflow/tfjs-backend-cpu';
import { add, log, memory, mul, setBackend, sin, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adam,
  type CheckpointStore,
  cosine,
  createField,
  decodeField,
  type Field,
  type FitOptions,
  type FitProgress,
  fit,
  lbfgs,
  type PointSource,
  type SearchOptimizer,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { lbfgsOfEachStep, randomPoints, smoothImage, squaredError } from './signals.ts';

beforeAll(() => setBackend('cpu'));

const newField = (): Field =>
  createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 10 }), { seed: 1 });
const imageTerm = (): Term => term({ points: smoothImage(12), loss: squaredError });

const run = async (field: Field, terms: readonly Term[], options: FitOptions): Promise<FitProgress[]> => {
  const reports: FitProgress[] = [];
  for await (const progress of fit(field, terms, options)) reports.push(progress);
  return reports;
};

const valuesOf = async (field: Field): Promise<number[]> => {
  const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  return parts.flatMap(part => [...part]);
};

const memoryStore = (): CheckpointStore & { bytes?: Uint8Array } => ({
  read() {
    return Promise.resolve(this.bytes);
  },
  write(bytes) {
    this.bytes = bytes.slice();
    return Promise.resolve();
  },
});

const evaluationsOf = (reports: readonly FitProgress[]): number =>
  reports.reduce((total, { evaluations = 0 }) => total + evaluations, 0);

/** u'' = -sin on [-3, 3] with u(-3) and u(3) given: u = sin. */
const poisson = (): Term[] => {
  const line = (x: Float32Array) => ({
    inFeatures: 1,
    pointsPerStep: x.length,
    fixed: true,
    draw: (start: number, count: number) => ({ coords: x.slice(start, start + count) }),
  });
  const inside = Float32Array.from({ length: 40 }, (_, i) => -3 + (6 * (i + 0.5)) / 40);
  return [
    term({
      name: 'equation',
      points: line(inside),
      derivatives: { laplacian: true },
      loss: ({ laplacian }, { coords }) => square(add(laplacian, sin(coords))),
    }),
    term({
      name: 'ends',
      points: line(Float32Array.of(-3, 3)),
      loss: ({ value }, { coords }) => square(sub(value, sin(coords))),
    }),
  ];
};

describe('fit with lbfgs', () => {
  it('reaches a lower loss than Adam with the same number of evaluations, and leaks no tensor', async () => {
    const searched = newField();
    const before = memory().numTensors;
    const reports = await run(searched, [imageTerm()], { steps: 6, optimizer: lbfgs() });
    const evaluations = evaluationsOf(reports);
    expect(evaluations).toBeGreaterThan(6 * 15);
    expect(evaluations).toBeLessThan(6 * 30);
    const best = Math.min(
      ...(await Promise.all(
        [1e-3, 1e-2].map(async learningRate => {
          const field = newField();
          const losses = await run(field, [imageTerm()], { steps: evaluations, optimizer: adam({ learningRate }) });
          field.dispose();
          return losses.at(-1)?.loss as number;
        }),
      )),
    );
    expect(reports.at(-1)?.loss).toBeLessThan(best / 5);
    expect(memory().numTensors).toBe(before);
    searched.dispose();
  });

  it('solves a differential equation', async () => {
    const field = createField(
      siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 3 }),
      {
        seed: 2,
      },
    );
    const reports = await run(field, poisson(), { steps: 10, optimizer: lbfgs() });
    expect(reports.at(-1)?.loss).toBeLessThan(1e-5);
    expect(Object.keys(reports[0]?.terms ?? {})).toEqual(['equation', 'ends']);
    field.dispose();
  });

  it('evaluates fixed points no more than once at the same parameters', async () => {
    let losses = 0;
    const counted = term({
      points: smoothImage(5),
      loss: (jet, batch) => {
        losses += 1;
        return squaredError(jet, batch);
      },
    });
    const reports = await run(newField(), [counted], { steps: 4, optimizer: lbfgs({ maxIterations: 2 }) });
    expect(evaluationsOf(reports)).toBe(losses);
    const drawnAnew = await run(newField(), [term({ points: randomPoints(25), loss: squaredError })], {
      steps: 4,
      optimizer: lbfgsOfEachStep({ maxIterations: 1 }),
    });
    for (const { evaluations } of drawnAnew) expect(evaluations).toBeGreaterThanOrEqual(2);
  });

  it('has the same points in all evaluations of a step, and others in the next', async () => {
    const first: number[] = [];
    const source = randomPoints(10);
    const points = {
      ...source,
      draw: (...args: Parameters<typeof source.draw>) => {
        const batch = source.draw(...args);
        if (args[0] === 0) first.push(batch.coords[0] as number);
        return batch;
      },
    };
    const optimizer = lbfgsOfEachStep({ maxIterations: 3 });
    await run(newField(), [term({ points, loss: squaredError })], { steps: 3, optimizer });
    expect(new Set(first).size).toBe(3);
    expect(first.length).toBeGreaterThan(9);
  });

  it.each([
    ['fixed', imageTerm],
    ['random', () => term({ points: randomPoints(40), loss: squaredError })],
  ] as const)('resumes from a checkpoint to the same bits, with %s points', async (_, newTerm) => {
    const options = {
      optimizer: lbfgsOfEachStep({ maxIterations: 3, historySize: 5 }),
      steps: 5,
      averageDecay: 0.5,
      chunkSize: 50,
    };
    const whole = newField();
    await run(whole, [newTerm()], options);
    const store = memoryStore();
    const checkpoint = { store, everySteps: 1 };
    for await (const { step } of fit(newField(), [newTerm()], { ...options, checkpoint })) if (step === 3) break;
    const resumed = newField();
    const reports = await run(resumed, [newTerm()], { ...options, checkpoint });
    expect(reports.map(({ step }) => step)).toEqual([4, 5]);
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
    expect(await valuesOf(decodeField(store.bytes as Uint8Array))).toEqual(await valuesOf(whole));
  });

  it('stops between two chunks of a search, and resumes to the same bits', async () => {
    const optimizer = lbfgs({ maxIterations: 4 });
    const whole = newField();
    await run(whole, [imageTerm()], { steps: 3, optimizer });
    const field = newField();
    const before = memory().numTensors;
    const controller = new AbortController();
    const store = memoryStore();
    const reason = new Error('enough');
    let losses = 0;
    const stopping = term({
      points: smoothImage(12),
      loss: (jet, batch) => {
        losses += 1;
        if (losses === 9) controller.abort(reason);
        return squaredError(jet, batch);
      },
    });
    await expect(
      run(field, [stopping], { steps: 3, optimizer, signal: controller.signal, checkpoint: { store } }),
    ).rejects.toBe(reason);
    expect(losses).toBe(9);
    const saved = decodeField(store.bytes as Uint8Array);
    expect(await valuesOf(field)).toEqual(await valuesOf(saved));
    saved.dispose();
    const reports = await run(field, [imageTerm()], { steps: 3, optimizer, checkpoint: { store } });
    expect(reports[0]?.resumedFrom).toBeGreaterThan(0);
    expect(await valuesOf(field)).toEqual(await valuesOf(whole));
    expect(memory().numTensors).toBe(before);
    field.dispose();
  });

  it('backs off from parameters where the loss is NaN', async () => {
    // log(value + 3) is NaN for values that a large step reaches.
    const walled = term({
      points: smoothImage(6),
      loss: ({ value }) => sub(mul(value, 5), log(add(value, 3))),
    });
    let bad = 0;
    const eager = lbfgs({ learningRate: 300 });
    const watched: SearchOptimizer = {
      ...eager,
      search: input =>
        eager.search({
          ...input,
          evaluate: async parameters => {
            const evaluation = await input.evaluate(parameters);
            if (!Number.isFinite(evaluation.loss)) bad += 1;
            return evaluation;
          },
        }),
    };
    const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 0, omega0: 1 }), {
      seed: 1,
    });
    const reports = await run(field, [walled], { steps: 4, optimizer: watched });
    expect(bad).toBeGreaterThan(0);
    // The minimum with respect to the value: 5 v - log(v + 3) at v = -2.8.
    expect(reports.at(-1)?.loss).toBeLessThan(-14 - Math.log(0.2) + 0.01);
    field.dispose();
  });

  it('reports when the loss or its gradient is not finite at the start of a step', async () => {
    const poisoned = (factor: (value: Tensor) => Tensor) =>
      run(newField(), [term({ points: smoothImage(4), loss: ({ value }) => factor(value) })], {
        steps: 2,
        optimizer: lbfgs(),
      });
    await expect(poisoned(value => mul(value, Number.NaN))).rejects.toMatchObject({ name: 'DivergenceError', step: 1 });
    // The derivative of the root at 0 is infinite.
    await expect(poisoned(value => sqrt(mul(value, 0)))).rejects.toThrow('the gradient is not finite');
  });

  it('refuses points that are drawn anew in each step, before any work', async () => {
    let draws = 0;
    const counting = {
      ...randomPoints(9),
      draw(...at: Parameters<PointSource['draw']>) {
        draws += 1;
        return randomPoints(9).draw(...at);
      },
    };
    const terms = [imageTerm(), term({ name: 'drawn', points: counting, loss: squaredError })];
    const attempt = run(newField(), terms, { steps: 2, optimizer: lbfgs() });
    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(
      "fit: the points of term 'drawn' must be fixed with lbfgs, which compares losses and gradients of different steps, got points that are drawn anew in each step. Give it all points, e.g. by pointSet, or use adam",
    );
    expect(draws).toBe(0);
  });

  it('rejects options that would invalidate its search', async () => {
    const attempt = (options: Partial<FitOptions>): Promise<unknown> =>
      run(newField(), [imageTerm()], { steps: 1, optimizer: lbfgs(), ...options });
    await expect(attempt({ clipNorm: 1 })).rejects.toThrow(
      'fit: clipNorm must be absent with lbfgs, which chooses the length of its steps itself',
    );
    await expect(attempt({ schedule: cosine() })).rejects.toThrow(TypeError);
  });
});
