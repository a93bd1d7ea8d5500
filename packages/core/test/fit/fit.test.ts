import '@tensorflow/tfjs-backend-cpu';
import { expectCloseInNorm } from '@neural-fields/testing';
import { add, memory, mul, setBackend, sqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFieldData } from '../../src/files.ts';
import {
  adam,
  CheckpointError,
  type CheckpointStore,
  cosine,
  createField,
  DivergenceError,
  decodeField,
  type Field,
  type FitOptions,
  type FitProgress,
  fit,
  type PointSource,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { randomPoints, smoothImage, squaredError } from './signals.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 10 });
const newField = (): Field => createField(spec, { seed: 1 });
const imageTerm = (): Term => term({ points: smoothImage(12), loss: squaredError });
const fast = adam({ learningRate: 1e-3 });

const run = async (field: Field, terms: readonly Term[], options: FitOptions): Promise<FitProgress[]> => {
  const reports: FitProgress[] = [];
  for await (const progress of fit(field, terms, options)) reports.push(progress);
  return reports;
};

const valuesOf = async (field: Field): Promise<Float32Array> => {
  const parts = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
  return Float32Array.from(parts.flatMap(part => [...(part as Float32Array)]));
};

/** An in-memory store that records all writes. */
const memoryStore = (): CheckpointStore & { readonly written: Uint8Array[] } => {
  const written: Uint8Array[] = [];
  return {
    written,
    read: () => Promise.resolve(written.at(-1)),
    write(bytes) {
      written.push(bytes.slice());
      return Promise.resolve();
    },
  };
};

describe('fit', () => {
  it('fits a signal, reports every step, and leaks no tensor', async () => {
    const field = newField();
    const before = memory().numTensors;
    const reports = await run(field, [imageTerm()], { steps: 150, optimizer: fast });
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    expect(reports[0]?.loss).toBeGreaterThan(0.05);
    expect(reports.at(-1)?.loss).toBeLessThan(0.002);
    expect(reports.at(-1)?.secondsLeft).toBe(0);
    expect(memory().numTensors).toBe(before);
  });

  it('gives the same parameters for any chunk size, up to float32 rounding', async () => {
    const [whole, inChunks] = [newField(), newField()];
    const terms = (): Term[] => [
      imageTerm(),
      term({ name: 'random', points: randomPoints(50), loss: squaredError, weight: 0.3 }),
    ];
    await run(whole, terms(), { steps: 1, chunkSize: 1000, optimizer: fast });
    await run(inChunks, terms(), { steps: 1, chunkSize: 17, optimizer: fast });
    expectCloseInNorm(await valuesOf(inChunks), await valuesOf(whole), { relative: 1e-6 });
  });

  it('keeps the tensors alive during a step independent of the number of points', async () => {
    const peak = async (points: number): Promise<number> => {
      let most = 0;
      const watched = term({
        points: randomPoints(points),
        loss: (jet, batch) => {
          most = Math.max(most, memory().numBytes);
          return squaredError(jet, batch);
        },
      });
      const field = newField();
      await run(field, [watched], { steps: 1, chunkSize: 64 });
      field.dispose();
      return most;
    };
    const [few, many] = [await peak(64), await peak(64 * 20)];
    expect(many - few).toBeLessThan(20 * 1024);
  });

  it('weights terms, and derives metrics by the name of their term', async () => {
    const loss = Object.assign(squaredError.bind(undefined), { metrics: { twice: (value: number) => 2 * value } });
    const field = newField();
    const [alone] = await run(field, [term({ points: smoothImage(5), loss })], { steps: 1 });
    expect(alone?.metrics['twice']).toBe(2 * (alone?.loss as number));
    const terms = [
      term({ name: 'a', points: smoothImage(5), loss, weight: 2 }),
      term({ name: 'b', points: smoothImage(5), loss, weight: 0.5 }),
    ];
    const [both] = await run(newField(), terms, { steps: 1 });
    expect(both?.loss).toBeCloseTo(2.5 * (alone?.loss as number), 6);
    expect(Object.keys(both?.metrics ?? {})).toEqual(['a.twice', 'b.twice']);
  });

  it('fits derivatives, which do not depend on some parameters', async () => {
    const field = newField();
    const harmonic = term({
      points: smoothImage(6),
      derivatives: { gradient: true, laplacian: true },
      loss: ({ gradient, laplacian }, { targets }) =>
        add(square(sub(laplacian, targets['value'] as Tensor)), sum(square(gradient), 1)),
    });
    expect(harmonic.derivatives).toEqual({ gradient: true, laplacian: true });
    const reports = await run(field, [harmonic], { steps: 40, optimizer: fast });
    expect(reports.at(-1)?.loss).toBeLessThan(0.5 * (reports[0]?.loss as number));
  });

  it('clips the gradient to a norm', async () => {
    const [report] = await run(newField(), [imageTerm()], { steps: 1, clipNorm: 1e-3 });
    expect(report?.gradientNorm).toBeGreaterThan(1e-3);
  });

  it('averages parameters exponentially, and resumes from the parameters themselves', async () => {
    const [plain, averaged] = [newField(), newField()];
    const initial = await valuesOf(plain);
    const steps = [await stepwise(plain, 1), await stepwise(newField(), 2)];
    await run(averaged, [imageTerm()], { steps: 2, optimizer: fast, averageDecay: 0.75 });
    const expected = initial.map(
      (p0, i) => 0.75 * (0.75 * p0 + 0.25 * (steps[0]?.[i] as number)) + 0.25 * (steps[1]?.[i] as number),
    );
    expectCloseInNorm(await valuesOf(averaged), expected, { relative: 1e-6 });
  });

  const stepwise = async (field: Field, steps: number): Promise<Float32Array> => {
    await run(field, [imageTerm()], { steps, optimizer: fast });
    return valuesOf(field);
  };

  it('stops on an abort signal with its reason, after a checkpoint', async () => {
    const store = memoryStore();
    const controller = new AbortController();
    const field = newField();
    const before = memory().numTensors;
    const running = async (): Promise<void> => {
      for await (const { step } of fit(field, [imageTerm()], {
        steps: 1000,
        signal: controller.signal,
        checkpoint: { store },
      }))
        if (step === 3) controller.abort(new Error('enough'));
    };
    await expect(running()).rejects.toThrow('enough');
    expect(store.written).toHaveLength(1);
    const saved = decodeField(store.written[0] as Uint8Array);
    expect(await valuesOf(saved)).toEqual(await valuesOf(field));
    saved.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('disposes of the points of the chunk at which it is stopped', async () => {
    const controller = new AbortController();
    const field = newField();
    const before = memory().numTensors;
    const stopping = term({
      points: randomPoints(20),
      loss: (jet, batch) => {
        controller.abort(new Error('enough'));
        return squaredError(jet, batch);
      },
    });
    await expect(run(field, [stopping], { steps: 2, chunkSize: 5, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(memory().numTensors).toBe(before);
  });

  it('reports a step before saving it, and saves when the caller leaves the loop', async () => {
    const events: string[] = [];
    const store: CheckpointStore = {
      read: async () => undefined,
      write: async bytes => {
        const { step } = JSON.parse(decodeFieldData(bytes).metadata['fit'] as string);
        events.push(`saved ${step}`);
      },
    };
    const options = { steps: 5, reportEvery: 2, checkpoint: { store, everySteps: 1 } };
    for await (const { step } of fit(newField(), [imageTerm()], options)) {
      events.push(`reported ${step}`);
      if (step === 4) break;
    }
    expect(events).toEqual(['saved 1', 'reported 2', 'saved 2', 'saved 3', 'reported 4', 'saved 4']);
  });

  it('resumes from a checkpoint to the same bits as an uninterrupted run', async () => {
    const terms = (): Term[] => [imageTerm(), term({ name: 'random', points: randomPoints(40), loss: squaredError })];
    const options: FitOptions = {
      steps: 12,
      optimizer: fast,
      seed: 5,
      averageDecay: 0.9,
      schedule: cosine(0.1),
      clipNorm: 0.5,
    };
    const whole = newField();
    await run(whole, terms(), options);
    const store = memoryStore();
    const first = newField();
    for await (const { step } of fit(first, terms(), { ...options, checkpoint: { store, everySteps: 5 } }))
      if (step === 7) break;
    const second = createField(spec, { seed: 999 });
    const reports = await run(second, terms(), { ...options, checkpoint: { store, everySteps: 5 } });
    expect(reports[0]).toMatchObject({ step: 8, resumedFrom: 7 });
    expect(await valuesOf(second)).toEqual(await valuesOf(whole));
    const third = createField(spec, { seed: 999 });
    expect(await run(third, terms(), { ...options, checkpoint: { store } })).toEqual([]);
    expect(await valuesOf(third)).toEqual(await valuesOf(whole));
  });

  it.each([
    ['optimizer', { optimizer: adam({ learningRate: 2e-3 }) }],
    ['seed', { seed: 6 }],
    ['schedule', { schedule: cosine(0.5) }],
    ['file', { checkpoint: { store: memoryStore(), identity: { file: 'other' } } }],
  ] as const)('refuses to resume from a checkpoint with another %s', async (what, change) => {
    const store = memoryStore();
    await run(newField(), [imageTerm()], { steps: 2, checkpoint: { store, identity: { file: 'this' } } });
    const identity = what === 'file' ? { file: 'other' } : { file: 'this' };
    const attempt = run(newField(), [imageTerm()], { steps: 4, ...change, checkpoint: { store, identity } });
    await expect(attempt).rejects.toThrow(CheckpointError);
    await expect(attempt).rejects.toThrow(`its ${what} is`);
  });

  it('passes the step to the sources, in every chunk and after a resume', async () => {
    const seen: string[] = [];
    const points: PointSource = {
      ...randomPoints(10),
      draw(start, count, rng, at) {
        seen.push(`${at.step}/${at.steps}: ${start}+${count}`);
        return randomPoints(10).draw(start, count, rng, at);
      },
    };
    const run = async (steps: number, store: CheckpointStore): Promise<void> => {
      const field = newField();
      const terms = [term({ points, loss: squaredError })];
      for await (const { step } of fit(field, terms, { steps, chunkSize: 6, checkpoint: { store, everySteps: 1 } }))
        if (step === 2) break;
      field.dispose();
    };
    const store = memoryStore();
    await run(3, store);
    await run(3, store);
    expect(seen).toEqual(['1/3: 0+6', '1/3: 6+4', '2/3: 0+6', '2/3: 6+4', '3/3: 0+6', '3/3: 6+4']);
  });

  it('compares a spike with the first loss, even if that was not reported', async () => {
    const lossAt = [10, 1e-6, 1e-6, 5];
    const points: PointSource = {
      inFeatures: 2,
      pointsPerStep: 1,
      fixed: false,
      draw: (_start, _count, _rng, { step }) => ({
        coords: new Float32Array(2),
        targets: { loss: Float32Array.of(lossAt[step - 1] as number) },
      }),
    };
    const constant = term({ points, loss: ({ value }, { targets }) => add(mul(value, 0), targets['loss'] as Tensor) });
    const reports = await run(newField(), [constant], { steps: 4, reportEvery: 2 });
    expect(reports.map(({ loss }) => Math.round(loss))).toEqual([0, 5]);
  });

  it('stops when the last update makes the parameters non-finite, which no loss would reveal', async () => {
    const field = newField();
    const rootAtZero = term({ points: smoothImage(3), loss: ({ value }) => sqrt(mul(value, 0)) }); // a loss of 0 with the derivative infinity * 0
    await expect(run(field, [rootAtZero], { steps: 1 })).rejects.toThrow(
      'diverged at step 1: the parameters are not finite',
    );
    expect((await valuesOf(field)).every(Number.isFinite)).toBe(true);
  });

  it('stops when the loss jumps', async () => {
    const field = newField();
    await expect(run(field, [imageTerm()], { steps: 50, optimizer: adam({ learningRate: 30 }) })).rejects.toThrow(
      DivergenceError,
    );
    expect((await valuesOf(field)).every(Number.isFinite)).toBe(true);
  });

  it('yields to timers', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    await run(newField(), [term({ points: randomPoints(3000), loss: squaredError })], { steps: 10, chunkSize: 500 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it.each([
    [{ steps: 0 }, 'fit: steps must be a positive integer, got 0'],
    [{ steps: 1, chunkSize: 0.5 }, 'fit: chunkSize must be a positive integer, got 0.5'],
    [{ steps: 1, clipNorm: 0 }, 'fit: clipNorm must be a positive number, got 0'],
    [{ steps: 1, averageDecay: 1 }, 'fit: averageDecay must be a number in [0, 1), got 1'],
    [{ steps: Number.NaN }, 'fit: steps must be a positive integer, got NaN'],
    [{ steps: 1.5 }, 'fit: steps must be a positive integer, got 1.5'],
    [{ steps: 1, chunkSize: Number.NaN }, 'fit: chunkSize must be a positive integer, got NaN'],
    [{ steps: 1, reportEvery: Number.POSITIVE_INFINITY }, 'fit: reportEvery must be a positive integer, got Infinity'],
    [{ steps: 1, clipNorm: Number.NaN }, 'fit: clipNorm must be a positive number, got NaN'],
    [{ steps: 1, seed: Number.NaN }, 'fit: seed must be a finite number, got NaN'],
    [{ steps: 1, seed: JSON.parse('"5"') as number }, 'fit: seed must be a finite number, got 5'],
    [{ steps: 1, divergence: { window: 0.5 } }, 'fit: divergence.window must be a positive integer, got 0.5'],
    [
      { steps: 1, optimizer: { ...adam(), learningRate: Number.NaN } },
      'fit: the learning rate of adam must be a finite number of at least 0, got NaN',
    ],
    [
      { steps: 9, schedule: { describe: () => 'own', factor: step => (step === 9 ? Number.NaN : 1) } },
      "fit: schedule 'own' must give a factor that is a finite number of at least 0, got NaN for step 9",
    ],
    [
      { steps: 1, checkpoint: { store: memoryStore(), everySeconds: Number.NaN } },
      'fit: checkpoint.everySeconds must be a number of at least 0, got NaN',
    ],
    [
      { steps: 1, checkpoint: { store: memoryStore(), metadata: { 'neural-fields.spec': '' } } },
      "fit: checkpoint.metadata must not have the reserved key 'neural-fields.spec'",
    ],
    [
      { steps: 1, checkpoint: { store: memoryStore(), identity: { seed: JSON.parse('5') as string } } },
      'fit: checkpoint.identity.seed must be text, got a number',
    ],
  ] as [FitOptions, string][])('rejects %o', async (options, message) => {
    await expect(run(newField(), [imageTerm()], options)).rejects.toThrow(message);
  });

  it('rejects terms that do not fit', async () => {
    const field = newField();
    await expect(run(field, [], { steps: 1 })).rejects.toThrow('needs at least one term');
    await expect(run(field, [imageTerm(), imageTerm()], { steps: 1 })).rejects.toThrow(
      "different names, got 'loss' twice",
    );
    const line = { ...smoothImage(3), inFeatures: 1 };
    await expect(run(field, [term({ points: line, loss: squaredError })], { steps: 1 })).rejects.toThrow(
      'must have 2 coordinates like the field, got 1',
    );
    const short = { ...smoothImage(3), pointsPerStep: 10 };
    await expect(run(field, [term({ points: short, loss: squaredError })], { steps: 1 })).rejects.toThrow(
      'draw must return 10 points of 2 coordinates, got 18 values',
    );
    const wrongShape = term({ points: smoothImage(3), loss: jet => sum(jet.value, 0) });
    await expect(run(field, [wrongShape], { steps: 1 })).rejects.toThrow(
      "term 'loss': the loss must be a scalar or one value for each of 9 points, got [1]",
    );
  });
});
