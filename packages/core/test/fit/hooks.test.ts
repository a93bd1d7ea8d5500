/** @file What users can change between the steps of a fit: the weights of terms, and the parameters after an update. */
import '@tensorflow/tfjs-backend-cpu';
import {
  clipByValue,
  mean,
  memory,
  mul,
  setBackend,
  slice,
  square,
  type Tensor,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { absolute, squared } from '../../src/elementwise.ts';
import {
  adam,
  type CheckpointStore,
  cosine,
  createField,
  type FitOptions,
  type FitProgress,
  fit,
  lbfgs,
  type ObjectiveTerm,
  type PointSource,
  parameterTerm,
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

const run = async (
  terms: readonly ObjectiveTerm[],
  options: FitOptions,
): Promise<{ values: Float32Array; reports: FitProgress[] }> => {
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
  it('follows its schedule, in the gradient and in the reported loss', async () => {
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

  it('may change with a search optimizer', async () => {
    const { reports } = await run([main, other({ weightSchedule: once })], { steps: 6, optimizer: lbfgs() });
    expect(reports.at(-1)?.terms['main']).toBeLessThan(0.1 * (reports[0]?.terms['main'] as number));
  });

  it('has a schedule that must be the same on resume, with finite factors', async () => {
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
    await expect(run([other({ weightSchedule: wrong })], { steps: 2 })).rejects.toThrow(
      "schedule 'wrong' must give a factor",
    );
  });
});

describe('a projection', () => {
  const project: NonNullable<FitOptions['project']> = parameters => clipByValue(parameters, -0.2, 0.2);

  it.each([
    ['adam', adam({ learningRate: 0.05 })],
    ['lbfgs', lbfgs()],
  ])('is applied after every update of %s', async (_, optimizer) => {
    const { values, reports } = await run([main], { steps: 8, optimizer, project });
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.2));
    expect(values.filter(x => Math.abs(x) === Math.fround(0.2)).length).toBeGreaterThan(0);
    expect(reports.at(-1)?.loss).toBeLessThan(reports[0]?.loss as number);
  });

  it('gets the layout, resumes to the same bits, and leaks nothing', async () => {
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

  it('that returns another length is rejected', async () => {
    await expect(run([main], { steps: 1, project: parameters => slice(parameters, 1) })).rejects.toThrow(
      'project: an update must return vectors of shape',
    );
  });
});

/** Importance sampling: cell i of 16 is drawn with a probability proportional to its last loss. */
const importance = (): PointSource => {
  let weights: Float32Array = new Float32Array(16).fill(1);
  let drawn: number[] = [];
  return {
    inFeatures: 1,
    pointsPerStep: 12,
    fixed: false,
    draw: (start, count, rng) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      drawn = Array.from({ length: count }, (_, i) => {
        let rest = rng.fork(start + i).uniform() * total;
        const cell = weights.findIndex(weight => {
          rest -= weight;
          return rest < 0;
        });
        return cell < 0 ? 15 : cell;
      });
      const at = Float32Array.from(drawn, cell => coords[cell] as number);
      return { coords: at, targets: { value: at.map(x => Math.sin(4 * x)) } };
    },
    observe: losses => {
      weights = weights.slice();
      for (const [i, cell] of drawn.entries()) weights[cell] = Math.sqrt(losses[i] as number) + 1e-3;
    },
    state: {
      read: () => weights.slice(),
      restore: values => {
        if (values.length !== 16) throw new RangeError('16 weights');
        weights = values;
      },
    },
  };
};

describe('points that observe losses', () => {
  it('get the loss at each point, chunk by chunk', async () => {
    const seen: { start: number; step: number; losses: number[] }[] = [];
    const watching: PointSource = {
      ...points(1),
      draw: (start, count) => {
        const some = coords.slice(start, start + count);
        return { coords: some, targets: { value: some.map(x => Math.sin(4 * x)) } };
      },
      observe: (losses, start, { step }) => seen.push({ start, step, losses: [...losses] }),
    };
    const { reports } = await run([term({ points: watching, loss })], { steps: 2, chunkSize: 10, optimizer: adam() });
    expect(seen.map(({ start, step, losses }) => [start, step, losses.length])).toEqual([
      [0, 1, 10],
      [10, 1, 6],
      [0, 2, 10],
      [10, 2, 6],
    ]);
    const first = seen.slice(0, 2).flatMap(({ losses }) => losses);
    expect(first.reduce((sum, one) => sum + one, 0) / 16).toBeCloseTo(reports[0]?.loss as number, 6);
  });

  it('resume to the same bits from any checkpoint with their state', async () => {
    const written: Uint8Array[] = [];
    const options = (start?: Uint8Array): FitOptions => {
      const all = start ? [start] : written;
      const store: CheckpointStore = {
        read: async () => all.at(-1),
        write: async bytes => {
          all.push(bytes);
        },
      };
      return { steps: 9, chunkSize: 5, optimizer: adam({ learningRate: 1e-2 }), checkpoint: { store, everySteps: 2 } };
    };
    const task = (): readonly Term[] => [term({ points: importance(), loss })];
    const whole = await run(task(), options());
    for (const checkpoint of written.slice(0, -1))
      expect((await run(task(), options(checkpoint))).values).toEqual(whole.values);
    const forgetful = { ...importance(), state: { read: () => new Float32Array(3), restore: () => undefined } };
    expect((await run([term({ points: forgetful, loss })], options(written[0]))).values).not.toEqual(whole.values);
    const { state: _, ...without } = importance();
    await expect(run([term({ points: without, loss })], options(written[0]))).rejects.toThrow(
      "the points of its term 'loss' have a state, which these do not have",
    );
    const strict = importance();
    const fewer = {
      ...strict,
      state: {
        ...strict.state,
        restore: () => {
          throw new RangeError('8 weights');
        },
      },
    } as PointSource;
    await expect(run([term({ points: fewer, loss })], options(written[0]))).rejects.toThrow('does not fit them');
  });

  it('require a loss at each point, and an optimizer with one evaluation per step', async () => {
    const whole = (jet: { value: Tensor2D }): Tensor => mean(square(jet.value));
    const observing = importance();
    await expect(run([term({ points: observing, loss: whole })], { steps: 1 })).rejects.toThrow(
      'as its points observe them, got a scalar',
    );
    await expect(run([term({ points: observing, loss })], { steps: 1, optimizer: lbfgs() })).rejects.toThrow(
      'which lbfgs does not support',
    );
  });
});

describe('a term of parameters', () => {
  it('is the mean penalty of the matching parameters, and shrinks them', async () => {
    const field = createField(spec, { seed: 1 });
    const weights = await Promise.all(
      field.layout.select({ role: 'weight' }).map(({ name }) => (field.parameters[name] as Variable).data()),
    );
    field.dispose();
    const all = weights.flatMap(part => [...part]);
    const sparse = parameterTerm({ parameters: { role: 'weight' }, penalty: absolute, weight: 0.5 });
    const { reports } = await run([main, sparse], { steps: 300, optimizer: adam({ learningRate: 1e-2 }) });
    const first = all.reduce((sum, weight) => sum + Math.abs(weight), 0) / all.length;
    expect(reports[0]?.terms['parameters']).toBeCloseTo(first, 6);
    expect(reports[0]?.loss).toBeCloseTo((reports[0]?.terms['main'] as number) + 0.5 * first, 5);
    expect(reports.at(-1)?.terms['parameters']).toBeLessThan(0.5 * first);
  });

  it('works with a search optimizer', async () => {
    const small = parameterTerm({ penalty: squared, weight: 1e-3 });
    const { reports } = await run([main, small], { steps: 8, optimizer: lbfgs() });
    expect(reports.at(-1)?.loss).toBeLessThan(0.1 * (reports[0]?.loss as number));
  });

  it('rejects queries without a match, and another penalty on resume', async () => {
    await expect(
      run([parameterTerm({ parameters: { role: 'latent' }, penalty: squared })], { steps: 1 }),
    ).rejects.toThrow('must match parameters, got {"role":"latent"}; the parameters: layers.0.weight');
    let kept: Uint8Array | undefined;
    const store: CheckpointStore = {
      read: async () => kept,
      write: async bytes => {
        kept = bytes;
      },
    };
    await run([main, parameterTerm({ penalty: squared })], { steps: 2, checkpoint: { store } });
    await expect(
      run([main, parameterTerm({ penalty: absolute })], { steps: 2, checkpoint: { store } }),
    ).rejects.toThrow('another run: its terms');
  });
});

it('reports the completed share of a step after each chunk', async () => {
  const seen: (readonly [step: number, steps: number, share: number])[] = [];
  const values = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
  const source: PointSource = {
    inFeatures: 1,
    pointsPerStep: 16,
    fixed: false,
    draw: (start, count) => {
      const part = values.slice(start, start + count);
      return { coords: part, targets: { value: part } };
    },
  };
  const [first, second] = ['first', 'second'].map(name => term({ name, points: source, loss })) as [Term, Term];
  const onChunk: FitOptions['onChunk'] = ({ step, steps }, share) => void seen.push([step, steps, share]);
  await run([first, second], { steps: 2, chunkSize: 8, onChunk });
  expect(seen).toEqual([1, 2].flatMap(step => [0.25, 0.5, 0.75, 1].map(share => [step, 2, share])));
});
