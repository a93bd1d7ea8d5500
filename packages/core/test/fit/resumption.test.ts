import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adam,
  createField,
  createRng,
  decodeCheckpoint,
  type Field,
  type FitOptions,
  fit,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { lbfgsOfEachStep, randomPoints, squaredError } from './signals.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0, omega0: 10 });
const newField = (): Field => createField(spec, { seed: 1 });
const STEPS = 14;
const options: FitOptions = { steps: STEPS, optimizer: adam({ learningRate: 1e-2 }), chunkSize: 7, averageDecay: 0.9 };

/** Thrown to simulate a kill: only the store and the reports of the run remain. */
class Killed extends Error {}

describe.each([1, 3])('a run that reports every %i steps and is killed again and again', reportEvery => {
  it.each(['adam', 'lbfgs'])('has the training curve and the bits of an uninterrupted one: %s', async kind => {
    const optimizer = kind === 'adam' ? adam({ learningRate: 1e-2 }) : lbfgsOfEachStep({ maxIterations: 3 });
    const each: FitOptions = { ...options, steps: kind === 'adam' ? STEPS : 5, optimizer, reportEvery };
    /** Runs until the `deadline`th event: a draw, a write of the store (before or after), or a report. */
    const go = async (
      store: ReturnType<typeof memoryStore>,
      curve: Map<number, number>,
      { deadline, abort }: { deadline: number; abort: boolean },
    ): Promise<boolean> => {
      let events = 0;
      const controller = new AbortController();
      const event = (): void => {
        events += 1;
        if (events !== deadline) return;
        if (abort) controller.abort(new Killed());
        else throw new Killed();
      };
      const points = randomPoints(20);
      const task: Term[] = [
        term({
          points: {
            ...points,
            draw(...at) {
              event();
              return points.draw(...at);
            },
          },
          loss: squaredError,
        }),
      ];
      const killable = {
        read: store.read,
        async write(bytes: Uint8Array) {
          // A killed run writes nothing, whatever its loop does.
          if (!abort && events >= deadline) return;
          event();
          await store.write(bytes);
          event();
        },
      };
      const field = newField();
      try {
        const checkpoint = { store: killable, everySteps: 2 };
        for await (const { step, loss } of fit(field, task, { ...each, signal: controller.signal, checkpoint })) {
          // Unsaved reports are repeated.
          for (const later of curve.keys()) if (later >= step) curve.delete(later);
          curve.set(step, loss);
          event();
        }
        return true;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        return false;
      } finally {
        field.dispose();
      }
    };

    const whole = memoryStore();
    const wholeCurve = new Map<number, number>();
    await go(whole, wholeCurve, { deadline: Number.POSITIVE_INFINITY, abort: false });
    const expected = decodeCheckpoint(whole.written.at(-1) as Uint8Array);
    let kills = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async seed => {
        const rng = createRng(seed);
        const store = memoryStore();
        const curve = new Map<number, number>();
        let runs = 0;
        for (let ended = false; !ended; runs++)
          ended = await go(store, curve, {
            deadline: runs < 40 ? 1 + rng.integer(30) : Number.POSITIVE_INFINITY,
            abort: rng.uniform() < 0.5,
          });
        expect([...curve]).toEqual([...wholeCurve]);
        expect(decodeCheckpoint(store.written.at(-1) as Uint8Array)).toEqual(expected);
        kills += runs - 1;
      }),
      { seed: 7, numRuns: 3 },
    );
    expect(kills).toBeGreaterThan(3);
  });
});

describe('a store that cannot write', () => {
  const full = (after: number): ReturnType<typeof memoryStore> => {
    const store = memoryStore();
    let writes = 0;
    return {
      ...store,
      write(bytes) {
        writes += 1;
        return writes > after ? Promise.reject(new Error('no space left')) : store.write(bytes);
      },
    };
  };
  const task = [term({ points: randomPoints(20), loss: squaredError })];
  const valuesOf = async (field: Field): Promise<number[]> =>
    (await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()))).flatMap(part => [...part]);

  it('ends the fit with its error, keeping the latest parameters in the field and the previous checkpoint', async () => {
    const [field, unbroken] = [newField(), newField()];
    const before = memory().numTensors;
    const store = full(2);
    const running = async (): Promise<void> => {
      for await (const _ of fit(field, task, {
        ...options,
        averageDecay: 0.5,
        reportEvery: 14,
        checkpoint: { store, everySteps: 4 },
      }));
    };
    await expect(running()).rejects.toThrow('no space left');
    expect(decodeCheckpoint(store.written.at(-1) as Uint8Array).step).toBe(8);
    expect(store.written).toHaveLength(2);
    expect(memory().numTensors).toBe(before);
    for await (const _ of fit(unbroken, task, { ...options, averageDecay: 0.5, steps: 12 }));
    expect(await valuesOf(field)).toEqual(await valuesOf(unbroken));
  });

  it('is reported instead of the abort reason when a fit is stopped', async () => {
    const controller = new AbortController();
    const running = async (): Promise<void> => {
      for await (const { step } of fit(newField(), task, {
        ...options,
        signal: controller.signal,
        checkpoint: { store: full(0) },
      }))
        if (step === 3) controller.abort(new Error('enough'));
    };
    await expect(running()).rejects.toThrow('no space left');
  });
});

describe('an error in the middle of a run', () => {
  const points = randomPoints(20);
  /** The points of a source that returns a wrong batch for step 6. */
  const later = (other: (batch: ReturnType<typeof points.draw>) => object): Term[] => [
    term({
      points: {
        ...points,
        draw(start, count, rng, at) {
          const batch = points.draw(start, count, rng, at);
          return at.step === 6 ? (other(batch) as typeof batch) : batch;
        },
      },
      loss: squaredError,
    }),
  ];

  it.each([
    [
      'too few coordinates',
      ({ targets }) => ({ coords: new Float32Array(13), targets }),
      'draw must return 7 points of 2 coordinates, got 13 values',
    ],
    [
      'coordinates that are not a Float32Array',
      ({ coords }) => ({ coords: Float64Array.from(coords) }),
      'coords as a Float32Array, got a Float64Array',
    ],
    ['no coordinates', () => ({}), 'draw must return coords as a Float32Array, got undefined'],
    [
      'too few targets',
      ({ coords }) => ({ coords, targets: { value: new Float32Array(5) } }),
      "target 'value' must have the same number of values",
    ],
    [
      'a target that is an array',
      ({ coords }) => ({ coords, targets: { value: [1] } }),
      "target 'value' must be a Float32Array, got an array",
    ],
    [
      'wider targets',
      ({ coords }) => ({ coords, targets: { value: new Float32Array(21) } }),
      'draw must return the targets value [n, 1] as before, got value [n, 3]',
    ],
    ['no targets', ({ coords }) => ({ coords }), 'draw must return the targets value [n, 1] as before, got none'],
  ] as [string, (batch: ReturnType<typeof points.draw>) => object, string][])(
    'is reported, after a checkpoint: %s',
    async (_, other, message) => {
      const store = memoryStore();
      const field = newField();
      const before = memory().numTensors;
      const running = async (): Promise<void> => {
        for await (const _ of fit(field, later(other), { ...options, checkpoint: { store } }));
      };
      await expect(running()).rejects.toThrow(message);
      expect(decodeCheckpoint(store.written.at(-1) as Uint8Array)).toMatchObject({ step: 5, history: { length: 6 } });
      expect(memory().numTensors).toBe(before);
    },
  );

  it('of a schedule is reported at its step', async () => {
    const store = memoryStore();
    const schedule = { describe: () => 'own', factor: (step: number) => (step === 6 ? -1 : 1) };
    const running = async (): Promise<void> => {
      for await (const _ of fit(newField(), [term({ points, loss: squaredError })], {
        ...options,
        schedule,
        checkpoint: { store },
      }));
    };
    await expect(running()).rejects.toThrow('a finite number of at least 0, got -1 for step 6');
    expect(decodeCheckpoint(store.written.at(-1) as Uint8Array).step).toBe(5);
  });
});
