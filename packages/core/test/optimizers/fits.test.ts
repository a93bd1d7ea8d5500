/** @file The optimizers of `core/optimizers` with groups, projections, changes of the model and checkpoints. */
import '@tensorflow/tfjs-backend-cpu';
import { add, clipByValue, memory, setBackend, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  type Adapter,
  adam,
  createField,
  type Field,
  type FieldSpec,
  type FitOptions,
  fit,
  lbfgs,
  mapParameters,
  type Optimizer,
  type ParameterEntry,
  type ParameterGroup,
  type ParameterView,
  pointwiseLoss,
  siren,
  term,
} from '../../src/index.ts';
import { adamw, gaussNewton, muon, soap } from '../../src/optimizers.ts';
import { memoryStore } from '../fit/store.ts';

beforeAll(() => setBackend('cpu'));

const sized = (hiddenFeatures: number): FieldSpec =>
  siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const coords = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
const value = coords.map(x => Math.sin(4 * x));
const points = { inFeatures: 1, pointsPerStep: 16, fixed: true, draw: () => ({ coords, targets: { value } }) };
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const task = [term({ points, loss })];

interface Run {
  readonly losses: number[];
  readonly widths: number[];
  readonly values: number[];
}

/** Fits a field 8 wide; `leave` breaks after that step. */
const run = async (options: FitOptions, leave = Number.POSITIVE_INFINITY, made: Field[] = []): Promise<Run> => {
  made.push(createField(sized(8), { seed: 1 }));
  const [losses, widths]: [number[], number[]] = [[], []];
  let last = made.at(-1) as Field;
  for await (const report of fit(last, task, options)) {
    losses.push(report.loss);
    last = report.model as Field;
    widths.push(last.layout.entry('layers.0.bias').size);
    if (report.step >= leave) break;
  }
  const values = await Promise.all(Object.values(last.parameters).map(async each => [...(await each.data())]));
  for (const field of made.splice(0)) field.dispose();
  return { losses, widths, values: values.flat() };
};

const expectResumable = async (options: FitOptions, made?: Field[]): Promise<Run> => {
  const whole = await run(options, undefined, made);
  for (const leave of [1, 2, 5]) {
    const checkpoint = { store: memoryStore(), everySteps: 1 };
    await run({ ...options, checkpoint }, leave, made);
    expect((await run({ ...options, checkpoint }, undefined, made)).values).toEqual(whole.values);
  }
  return whole;
};

const grouped: readonly ParameterGroup[] = [
  { parameters: { layer: 'layers.0', role: 'bias' }, frozen: true },
  { parameters: { layer: 'layers.2' }, optimizer: adamw({ learningRate: 1e-2 }) },
];

const cases: Readonly<Record<string, { readonly optimizer: Optimizer; readonly groups?: readonly ParameterGroup[] }>> =
  {
    muon: { optimizer: muon({ learningRate: 0.05 }) },
    'muon with groups': { optimizer: muon({ learningRate: 0.05 }), groups: grouped },
    soap: { optimizer: soap({ learningRate: 0.02, renewEvery: 2 }) },
    'soap with groups': { optimizer: soap({ learningRate: 0.02, renewEvery: 2 }), groups: grouped },
    'adam with soap and muon in groups': {
      optimizer: adam({ learningRate: 1e-2 }),
      groups: [
        { parameters: { layer: 'layers.1' }, optimizer: soap({ learningRate: 0.02, renewEvery: 2 }) },
        { parameters: { layer: 'layers.2' }, optimizer: muon({ learningRate: 0.05 }) },
      ],
    },
    gaussNewton: { optimizer: gaussNewton({ maxProducts: 5 }) },
  };

describe.each(Object.entries(cases))('%s', (_, each) => {
  it('projects the parameters after each update, keeps an average and the best, and resumes to the same bits', async () => {
    const { numTensors } = memory();
    const bound = 0.5;
    const options: FitOptions = { ...each, steps: 8, keepBest: true };
    const free = await run({ ...each, steps: 8 });
    const { values, losses } = await expectResumable({
      ...options,
      project: parameters => clipByValue(parameters, -bound, bound),
    });
    expect(Math.max(...free.values.map(Math.abs))).toBeGreaterThan(bound);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    await expectResumable({ ...options, averageDecay: 0.5 });
    expect(memory().numTensors).toBe(numTensors);
  });
});

/** The upper left block of a matrix, or the beginning of a vector, padded with 0. */
const block = ({ name, shape, size }: ParameterEntry, old: ReadonlyMap<string, ParameterView>): Float32Array => {
  const from = old.get(name) as ParameterView;
  const columns = shape.length > 1 ? (shape[1] as number) : 1;
  const oldColumns = from.shape.length > 1 ? (from.shape[1] as number) : 1;
  const oldRows = from.data.length / oldColumns;
  return Float32Array.from({ length: size }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return row < oldRows && column < oldColumns ? (from.data[row * oldColumns + column] as number) : 0;
  });
};

/** Changes the width after some steps. */
const widthsAfter = (widths: Readonly<Record<number, number>>, made: Field[]): Adapter => ({
  describe: () => JSON.stringify(widths),
  change: ({ model }, { step }) => {
    const width = widths[step];
    if (width === undefined) return undefined;
    const next = createField(sized(width), { seed: 0 });
    made.push(next);
    return { model: next, map: vector => mapParameters(vector, model.layout, next.layout, block) };
  },
  restore: description => {
    const field = createField((description as Field['description']).spec, { seed: 0 });
    made.push(field);
    return field;
  },
});

describe('a change of the model', () => {
  it.each([
    ['muon', undefined],
    ['muon', grouped],
    ['adamw', undefined],
  ] as const)('keeps the state of what remains, and resumes to the same bits: %s %#', async (kind, groups) => {
    const { numTensors } = memory();
    const optimizer = kind === 'muon' ? muon({ learningRate: 0.05 }) : adamw({ learningRate: 1e-2 });
    const options: FitOptions = { steps: 8, optimizer, ...(groups && { groups }) };
    const made: Field[] = [];
    // A change to the same size changes nothing.
    const same = await run({ ...options, adapt: widthsAfter({ 2: 8, 5: 8 }, made) }, undefined, made);
    expect(same).toEqual(await run(options));
    const { widths, values } = await expectResumable({ ...options, adapt: widthsAfter({ 3: 5, 6: 9 }, made) }, made);
    expect(widths).toEqual([8, 8, 5, 5, 5, 9, 9, 9]);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each([
    ['soap', soap({ learningRate: 3e-3, renewEvery: 3 })],
    ['lbfgs', lbfgs({ maxIterations: 2 })],
    ['gaussNewton', gaussNewton()],
  ] as const)(
    'begins the state of %s again, goes on to a smaller loss, and resumes to the same bits',
    async (_, optimizer) => {
      const made: Field[] = [];
      const options: FitOptions = { steps: 12, optimizer };
      const adapt = widthsAfter({ 3: 5, 6: 7 }, made);
      const { widths, values, losses } = await expectResumable({ ...options, adapt }, made);
      expect(widths).toEqual([8, 8, 5, 5, 5, 7, 7, 7, 7, 7, 7, 7]);
      expect(losses.at(-1)).toBeLessThan(losses[6] as number);
      expect(values.every(Number.isFinite)).toBe(true);
    },
  );

  it.each([
    ['soap', { optimizer: adam(), groups: [{ parameters: { layer: 'layers.1' }, optimizer: soap() }] }],
  ] as const)('is refused with %s, whose state cannot be mapped: %#', async (kind, options) => {
    const made: Field[] = [];
    await expect(run({ ...options, steps: 2, adapt: widthsAfter({}, made) }, undefined, made)).rejects.toThrow(
      `fit: adapt must be absent with ${kind}, whose state cannot be mapped`,
    );
    for (const field of made) field.dispose();
  });
});

/** A finite loss whose derivative is not finite where the error is 0: everywhere, at a field of zeros. */
const rootOfZero = ({ value: found }: { readonly value: Tensor }): Tensor => sqrt(square(sub(found, found)));

it.each([
  ['muon', muon()],
  ['soap', soap()],
] as const)('%s ends where the gradient is not finite although the loss is', async (_, optimizer) => {
  const field = createField(sized(8), { seed: 1 });
  const attempt = async (): Promise<void> => {
    for await (const __ of fit(field, [term({ points, loss: jet => add(rootOfZero(jet), 1) })], {
      steps: 4,
      optimizer,
    }));
  };
  await expect(attempt()).rejects.toMatchObject({ name: 'DivergenceError' });
  field.dispose();
});
