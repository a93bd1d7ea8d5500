import '@tensorflow/tfjs-backend-cpu';
import { add, div, log, memory, mul, neg, setBackend, sqrt, square, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adam,
  createField,
  decodeCheckpoint,
  type Field,
  type FitOptions,
  type FitProgress,
  fit,
  PointDataError,
  type PointSource,
  siren,
  type Term,
  term,
} from '../../src/index.ts';
import { lbfgsOfEachStep, randomPoints, smoothImage, squaredError } from './signals.ts';
import { memoryStore } from './store.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 10 });
const newField = (): Field => createField(spec, { seed: 1 });

const run = async (field: Field, terms: readonly Term[], options: FitOptions): Promise<FitProgress[]> => {
  const reports: FitProgress[] = [];
  for await (const progress of fit(field, terms, options)) reports.push(progress);
  return reports;
};

/** The points of a source with some values replaced. */
const spoiled = (
  source: PointSource,
  array: 'coords' | 'value',
  spoil: (values: Float32Array, step: number, start: number) => void,
): PointSource => ({
  ...source,
  draw(start, count, rng, at) {
    const batch = source.draw(start, count, rng, at);
    spoil(array === 'coords' ? batch.coords : (batch.targets?.['value'] as Float32Array), at.step, start);
    return batch;
  },
});

describe('points and targets that are not finite', () => {
  it.each([
    [50, 'in one chunk'],
    [7, 'in chunks'],
  ])('are named before the first step where they are the same in every step: %i points a chunk', async chunkSize => {
    const points = spoiled(smoothImage(7), 'value', (values, _, start) => {
      for (const [index, value] of [
        [17, Number.NaN],
        [30, Number.POSITIVE_INFINITY],
        [31, Number.NaN],
      ] as const)
        if (index >= start && index < start + values.length) values[index - start] = value;
    });
    const field = newField();
    const [before, parameters] = [memory().numTensors, await field.parameters['layers.0.weight']?.data()];
    let looked = 0;
    const loss: typeof squaredError = (jet, batch) => {
      looked += 1;
      return squaredError(jet, batch);
    };
    const attempt = run(field, [term({ name: 'image', points, loss })], { steps: 5, chunkSize });
    await expect(attempt).rejects.toThrow(
      "fit: the targets of term 'image' must be finite: value[17] is NaN (3 of 49 values are not finite)",
    );
    await expect(attempt).rejects.toMatchObject({ name: 'PointDataError', fault: { index: 17, count: 3, size: 49 } });
    expect(looked).toBe(0);
    expect(memory().numTensors).toBe(before);
    expect(await field.parameters['layers.0.weight']?.data()).toEqual(parameters);
  });

  it('are reported as coordinates or targets', async () => {
    const points = spoiled(smoothImage(3), 'coords', values => {
      values[4] = Number.NEGATIVE_INFINITY;
    });
    await expect(run(newField(), [term({ points, loss: squaredError })], { steps: 1 })).rejects.toThrow(
      "fit: the points of term 'loss' must be finite: coords[4] is -Infinity (1 of 18 values are not finite)",
    );
  });

  it.each([1, 4, 100])('are reported for changing points, with a report every %i steps', async reportEvery => {
    const points = spoiled(randomPoints(20), 'value', (values, step, start) => {
      if (step === 6 && start === 10) values.set([Number.NaN, Number.NaN], 3);
    });
    const field = newField();
    const store = memoryStore();
    const attempt = run(field, [term({ points, loss: squaredError })], {
      steps: 20,
      chunkSize: 10,
      reportEvery,
      checkpoint: { store },
    });
    await expect(attempt).rejects.toThrow(
      "fit: the targets of term 'loss' must be finite: value[13] is NaN (2 of 20 values are not finite), in the points that were drawn for step 6",
    );
    const values = await Promise.all(Object.values(field.parameters).map(parameter => parameter.data()));
    expect(values.every(part => part.every(Number.isFinite))).toBe(true);
    if (reportEvery < 6) expect(decodeCheckpoint(store.written.at(-1) as Uint8Array).step).toBeLessThan(6);
  });

  it('are reported if a source does not draw the same points again', async () => {
    let draws = 0;
    const points = spoiled(randomPoints(8), 'value', values => {
      draws += 1;
      if (draws === 4) values[0] = Number.NaN;
    });
    const field = newField();
    const store = memoryStore();
    const attempt = run(field, [term({ points, loss: squaredError })], { steps: 10, checkpoint: { store } });
    await expect(attempt).rejects.toThrow(PointDataError);
    await expect(attempt).rejects.toThrow('for step 4');
    // The last good parameters are those of step 2: the loss of step 3 verified its update.
    expect(decodeCheckpoint(store.written.at(-1) as Uint8Array)).toMatchObject({ step: 2, history: { length: 3 } });
  });

  it('are reported in a search too', async () => {
    const points = spoiled(randomPoints(8), 'coords', (values, step) => {
      if (step === 2) values[1] = Number.NaN;
    });
    const attempt = run(newField(), [term({ points, loss: squaredError })], { steps: 3, optimizer: lbfgsOfEachStep() });
    await expect(attempt).rejects.toThrow(
      'coords[1] is NaN (1 of 16 values are not finite), in the points that were drawn for step 2',
    );
  });
});

describe('a non-finite loss at finite points', () => {
  const logarithm = term({ points: smoothImage(3), loss: ({ value }) => log(neg(square(value))) });

  it('is not attributed to the learning rate before the first update', async () => {
    const attempt = run(newField(), [logarithm], { steps: 3 });
    await expect(attempt).rejects.toMatchObject({
      name: 'DivergenceError',
      step: 1,
      lastGoodStep: 0,
      beforeAnyUpdate: true,
    });
    await expect(attempt).rejects.toThrow('fit: the loss is NaN at step 1, before any update');
    await expect(attempt).rejects.not.toThrow('learning rate');
  });

  it('is attributed to the initial parameters, if they are not finite', async () => {
    const given = newField();
    const parameters = Object.fromEntries(
      await Promise.all(
        Object.entries(given.parameters).map(
          async ([name, variable]) => [name, Float32Array.from(await variable.data())] as const,
        ),
      ),
    );
    (parameters['layers.1.bias'] as Float32Array)[3] = Number.NaN;
    const attempt = run(createField(spec, { parameters }), [term({ points: smoothImage(3), loss: squaredError })], {
      steps: 3,
    });
    await expect(attempt).rejects.toThrow(
      'fit: the parameters must be finite: layers.1.bias[3] is NaN (1 of 8 values are not finite)',
    );
  });

  it('is divergence later, and restores the parameters of the last good report', async () => {
    const field = newField();
    const store = memoryStore();
    const lossAt = [2, 2, 2, Number.NaN];
    // NaN for any points: 0 / 0 from the fourth step on.
    let step = 0;
    const loss: typeof squaredError = ({ value }) => {
      const numerator = mul(value, 0) as Tensor;
      const factor = lossAt[step++] as number;
      return Number.isNaN(factor) ? div(numerator, numerator) : add(numerator, factor);
    };
    const attempt = run(field, [term({ points: randomPoints(8), loss })], { steps: 10, checkpoint: { store } });
    await expect(attempt).rejects.toMatchObject({
      name: 'DivergenceError',
      step: 4,
      lastGoodStep: 2,
      beforeAnyUpdate: false,
    });
    await expect(attempt).rejects.toThrow(/diverged at step 4: the loss is NaN\. .*A smaller learning rate/);
    expect(decodeCheckpoint(store.written.at(-1) as Uint8Array).step).toBe(2);
  });

  it('is detected at a checkpoint between two reports, which is not written', async () => {
    const store = memoryStore();
    // A loss of 0 with the derivative infinity * 0: parameters that are not finite from the first update on.
    const rootAtZero = term({ points: smoothImage(3), loss: ({ value }) => sqrt(mul(value, 0)) });
    const options: FitOptions = {
      steps: 100,
      reportEvery: 100,
      optimizer: adam(),
      checkpoint: { store, everySteps: 1 },
    };
    await expect(run(newField(), [rootAtZero], options)).rejects.toThrow(
      'diverged at step 1: the parameters are not finite',
    );
    expect(store.written).toEqual([]);
  });
});
