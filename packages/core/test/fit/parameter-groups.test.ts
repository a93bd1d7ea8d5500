import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import {
  adam,
  type CheckpointStore,
  cosine,
  createField,
  exponential,
  type Field,
  type FitOptions,
  fit,
  lbfgs,
  type ParameterGroup,
  pointwiseLoss,
  siren,
  term,
} from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const coords = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
const value = coords.map(x => Math.sin(4 * x));
const points = { inFeatures: 1, pointsPerStep: 16, fixed: true, draw: () => ({ coords, targets: { value } }) };
const terms = [term({ points, loss: pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared }) })];

const parametersOf = async (field: Field): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(field.parameters).map(
        async ([name, variable]) => [name, (await variable.data()) as Float32Array] as const,
      ),
    ),
  );

const run = async (options: FitOptions): Promise<Record<string, Float32Array>> => {
  const field = createField(spec, { seed: 1 });
  for await (const _ of fit(field, terms, options));
  const values = await parametersOf(field);
  field.dispose();
  return values;
};

const first = { parameters: { layer: 'layers.0' } };

describe('groups of parameters', () => {
  it('are trained with their own learning rate, epsilon and schedule, independently of each other', async () => {
    const own = adam({ learningRate: 1e-2, epsilon: 1e-4, weightDecay: 0.1, beta1: 0.8 });
    const base = adam({ learningRate: 1e-3 });
    const grouped = await run({ steps: 1, optimizer: base, groups: [{ ...first, optimizer: own }] });
    const [all, allOwn] = [await run({ steps: 1, optimizer: base }), await run({ steps: 1, optimizer: own })];
    for (const name of Object.keys(all))
      expect(grouped[name], name).toEqual((name.startsWith('layers.0.') ? allOwn : all)[name]);
    const scheduled = await run({
      steps: 1,
      optimizer: base,
      groups: [{ ...first, schedule: exponential(0.5) }],
      schedule: cosine(0.3),
    });
    expect(scheduled).toEqual(await run({ steps: 1, optimizer: base, schedule: cosine(0.3) }));
  });

  it('are unchanged if frozen, and the others train as if those were constants', async () => {
    const before = await parametersOf(createField(spec, { seed: 1 }));
    const after = await run({ steps: 5, groups: [{ ...first, frozen: true }], clipNorm: 1e-3, averageDecay: 0.5 });
    for (const [name, values] of Object.entries(before))
      if (name.startsWith('layers.0.')) expect(after[name], name).toEqual(values);
      else expect(after[name], name).not.toEqual(values);
  });

  it('that are frozen do not count for the gradient norm', async () => {
    const norms = async (groups?: readonly ParameterGroup[]): Promise<number> => {
      const field = createField(spec, { seed: 1 });
      for await (const { gradientNorm } of fit(field, terms, { steps: 1, clipNorm: 1e3, ...(groups && { groups }) }))
        return gradientNorm as number;
      return 0;
    };
    expect(await norms([{ parameters: { role: 'weight' }, frozen: true }])).toBeLessThan(await norms());
    expect(await norms([{ parameters: {}, frozen: true }])).toBe(0);
  });

  it('apply in order: the first match of a parameter wins', async () => {
    const slow = { parameters: { role: 'bias' }, optimizer: adam({ learningRate: 0 }) };
    const both = await run({ steps: 2, groups: [slow, first] });
    const before = await parametersOf(createField(spec, { seed: 1 }));
    expect(both['layers.0.bias']).toEqual(before['layers.0.bias']);
    expect(both['layers.0.weight']).not.toEqual(before['layers.0.weight']);
  });

  it('resume from a checkpoint to the same bits, and reject a run with other groups', async () => {
    const groups: readonly ParameterGroup[] = [
      { parameters: { role: 'bias' }, optimizer: adam({ learningRate: 1e-2 }), schedule: cosine() },
      { ...first, frozen: true },
    ];
    const optimizer = adam({ learningRate: 1e-3 });
    const whole = await run({ steps: 6, optimizer, groups });
    let kept: Uint8Array | undefined;
    const store: CheckpointStore = {
      read: async () => kept,
      write: async bytes => {
        kept = bytes;
      },
    };
    const field = createField(spec, { seed: 1 });
    const options = { steps: 6, optimizer, groups, checkpoint: { store, everySteps: 1 } };
    for await (const { step } of fit(field, terms, options)) if (step === 4) break;
    expect(await run(options)).toEqual(whole);
    await expect(run({ ...options, groups: groups.slice(0, 1) })).rejects.toThrow('another run: its groups');
  });

  it('leak no tensors', async () => {
    await run({ steps: 2, groups: [{ ...first, frozen: true }] });
    const { numTensors } = memory();
    await run({
      steps: 3,
      groups: [
        { parameters: { role: 'bias' }, optimizer: adam() },
        { ...first, frozen: true },
      ],
      clipNorm: 1,
    });
    expect(memory().numTensors).toBe(numTensors);
  });

  it.each<[Partial<FitOptions>, string]>([
    [
      { groups: [{ parameters: { group: 'table' } }] },
      'groups[0] must match parameters of the field, got {"group":"table"}',
    ],
    [
      { groups: [{ ...first, frozen: true, optimizer: adam() }] },
      'groups[0] is frozen, so optimizer and schedule must be absent',
    ],
    [{ groups: [first], optimizer: lbfgs() }, 'groups must be absent with lbfgs'],
    [
      { groups: [{ ...first, optimizer: { ...adam(), learningRate: -1 } }] },
      'the learning rate of adam must be a finite number of at least 0, got -1',
    ],
  ])('are refused where they do not fit: %#', async (options, message) => {
    await expect(run({ steps: 1, ...options })).rejects.toThrow(message);
  });
});
