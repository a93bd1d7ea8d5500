/** @file Batches of fields and models of several parts, through the public API. */
import '@tensorflow/tfjs-backend-cpu';
import {
  concat1d,
  memory,
  mul,
  setBackend,
  slice,
  sub,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tensor3d,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { squared } from '../../src/elementwise.ts';
import { FieldFileError } from '../../src/files.ts';
import {
  adam,
  createField,
  createFieldBatch,
  createModel,
  createParameters,
  DivergenceError,
  decodeFieldBatch,
  encodeField,
  encodeFieldBatch,
  type FieldBatch,
  fit,
  type Model,
  mlp,
  type PointSource,
  parameterLayout,
  parameterTerm,
  pointwiseLoss,
  siren,
  stackFields,
  term,
} from '../../src/index.ts';

beforeAll(() => setBackend('cpu'));

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1, omega0: 3, omegaHidden: 3 });
const P = parameterLayout(spec).size;
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const coords = Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i));

/** Six points, with separate targets for each field. */
const points = (fields?: number): PointSource => ({
  inFeatures: 2,
  pointsPerStep: 6,
  fixed: true,
  ...(fields !== undefined && { fields }),
  draw: (start, count) => ({
    coords: coords.slice(2 * start, 2 * (start + count)),
    targets: { value: Float32Array.from({ length: (fields ?? 1) * count }, (_, i) => Math.cos(start + i)) },
  }),
});

const steps = async (
  model: Model,
  terms: Parameters<typeof fit>[1],
  options: Partial<Parameters<typeof fit>[2]> = {},
) => {
  const reports = [];
  for await (const report of fit(model, terms, { steps: 3, optimizer: adam({ learningRate: 1e-2 }), ...options }))
    reports.push(report);
  return reports;
};

const numbers = (model: Pick<Model, 'parameters'>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(model.parameters).map(([name, variable]) => [name, [...variable.dataSync()]]));

describe('a batch of fields', () => {
  it('has variables with a leading axis, and single fields can be extracted', () => {
    const before = memory().numTensors;
    const batch = createFieldBatch(spec, { count: 3, seed: 1 });
    expect(batch.parameters['layers.1.weight']?.shape).toEqual([3, 4, 4]);
    expect(batch.layout.size).toBe(3 * P);
    const x = tensor2d(coords, [6, 2]);
    const all = batch.evaluate(x);
    expect(all.shape).toEqual([3, 6, 1]);
    const one = batch.field(1);
    const own = one.evaluate(x);
    expect([...own.dataSync()]).toEqual([...all.dataSync()].slice(6, 12));
    // Each has a different start.
    expect(new Set([...all.dataSync()]).size).toBe(18);
    expect(() => batch.field(3)).toThrow('must be an integer from 0 to 2, got 3');
    for (const thing of [x, all, own, one, batch]) thing.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('survives its file', async () => {
    const own = [{ layer: 'layers.2' }];
    const batch = createFieldBatch(spec, { count: 3, own, seed: 1 });
    expect(batch.parameters['layers.0.weight']?.shape).toEqual([2, 4]);
    const bytes = await encodeFieldBatch(batch, { title: 'three' });
    const again = decodeFieldBatch(bytes);
    expect(again.description).toEqual({ kind: 'field-batch', spec, count: 3, own });
    expect(numbers(again)).toEqual(numbers(batch));
    const field = batch.field(0);
    expect(() => decodeFieldBatch(new Uint8Array())).toThrow();
    const single = await encodeField(field);
    expect(() => decodeFieldBatch(single)).toThrow(FieldFileError);
    expect(() => decodeFieldBatch(single)).toThrow('the safetensors file has no model');
    for (const thing of [batch, again, field]) thing.dispose();
  });

  it.each([
    [{ count: 2.5 }, 'count must be a positive integer, got 2.5'],
    [{ count: -1 }, 'count must be a positive integer, got -1'],
    [{ count: 2, own: [{ layer: 'layers.9' }] }, 'own[0] must match parameters of the field, got {"layer":"layers.9"}'],
  ])('refuses %j', (size, message) => {
    expect(() => createFieldBatch(spec, { ...size, seed: 1 })).toThrow(message);
  });

  it('trains some of its fields in a step, and leaves the others unchanged', async () => {
    const batch = createFieldBatch(spec, { count: 4, seed: 1 });
    const before = numbers(batch)['layers.0.weight'] as number[];
    const chosen: PointSource = { ...points(2), draw: (...at) => ({ ...points(2).draw(...at), fields: [3, 1] }) };
    const [report] = await steps(batch, [term({ points: chosen, loss })], { chunkSize: 4 });
    expect(report?.fieldLosses?.['loss']?.length).toBe(2);
    const after = numbers(batch)['layers.0.weight'] as number[];
    const changed = [0, 1, 2, 3].map(field =>
      before.slice(8 * field, 8 * field + 8).some((x, i) => x !== after[8 * field + i]),
    );
    expect(changed).toEqual([false, true, false, true]);
    batch.dispose();
  });

  it('sums the gradients of a field that is selected twice', async () => {
    const make = (): FieldBatch => createFieldBatch(spec, { count: 2, seed: 1 });
    const both = { coords, targets: { value: new Float32Array(12).fill(0.5) } };
    const [twice, once] = [make(), make()];
    const source = (fields: number[], count: number, batch: typeof both): PointSource => ({
      inFeatures: 2,
      pointsPerStep: 6,
      fixed: true,
      fields: count,
      draw: () => ({ ...batch, fields }),
    });
    const optimizer = { learningRate: 0.1, kind: 'descent', settings: {}, stateSize: 0 };
    const descent = {
      ...optimizer,
      update: ({ parameters, gradient }: { parameters: Tensor1D; gradient: Tensor1D }) => ({
        parameters: sub<Tensor1D>(parameters, mul(gradient, 0.1)),
        state: [],
      }),
    };
    const half = { coords, targets: { value: new Float32Array(6).fill(0.5) } };
    await steps(twice, [term({ points: source([1, 1], 2, both), loss })], { steps: 1, optimizer: descent });
    await steps(once, [term({ points: source([1], 1, half), loss, weight: 2 })], { steps: 1, optimizer: descent });
    for (const [name, values] of Object.entries(numbers(twice)))
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(numbers(once)[name]?.[i] as number, 6);
    twice.dispose();
    once.dispose();
  });

  it.each<[PointSource, string]>([
    [points(2), 'draw must return in fields which 2 of the 3 fields it is for'],
    [
      { ...points(3), draw: () => ({ coords, targets: { value: new Float32Array(18) }, fields: [0, 1, 3] }) },
      'from 0 to 2, got 3',
    ],
    [
      { ...points(2), draw: () => ({ coords, targets: { value: new Float32Array(12) }, fields: [0] }) },
      '2 fields, as the source declares, got 1',
    ],
    [
      { ...points(3), draw: () => ({ coords, targets: { value: new Float32Array(17) } }) },
      'for each of 18 points, got 17',
    ],
    [
      { ...points(3), draw: () => ({ coords: new Float32Array(24) }) },
      'or as many for each of 3 fields, got 24 values',
    ],
  ])('refuses points that are not for its fields: %#', async (source, message) => {
    const batch = createFieldBatch(spec, { count: 3, seed: 1 });
    await expect(steps(batch, [term({ points: source, loss })])).rejects.toThrow(message);
    batch.dispose();
    const field = createField(spec, { seed: 1 });
    await expect(steps(field, [term({ points: source, loss })])).rejects.toThrow(
      'must be for one field, got points for',
    );
    field.dispose();
  });

  it('that diverges restores its last good parameters, and saves them', async () => {
    const batch = createFieldBatch(spec, { count: 3, seed: 1 });
    const written: Uint8Array[] = [];
    const store = {
      read: async () => undefined,
      write: async (bytes: Uint8Array) => {
        written.push(bytes);
      },
    };
    const optimizer = adam({ learningRate: 1e20 });
    const attempt = steps(batch, [term({ points: points(3), loss })], { steps: 9, optimizer, checkpoint: { store } });
    await expect(attempt).rejects.toThrow(DivergenceError);
    expect(Object.values(numbers(batch)).flat().every(Number.isFinite)).toBe(true);
    batch.dispose();
  });

  it('names the target that is not finite', async () => {
    const batch = createFieldBatch(spec, { count: 3, seed: 1 });
    const value = new Float32Array(18);
    value[13] = Number.NaN;
    const source: PointSource = { ...points(3), draw: () => ({ coords, targets: { value } }) };
    await expect(steps(batch, [term({ points: source, loss })])).rejects.toThrow('value[13] is NaN (1 of 18 values');
    batch.dispose();
  });

  it('that is aborted is saved, and resumes', async () => {
    const run = async (abortAt: number | undefined, start?: Uint8Array): Promise<Uint8Array> => {
      const batch = createFieldBatch(spec, { count: 3, seed: 1 });
      let kept = start;
      const store = {
        read: async () => kept,
        write: async (bytes: Uint8Array) => {
          kept = bytes;
        },
      };
      const controller = new AbortController();
      try {
        const options = {
          steps: 6,
          checkpoint: { store },
          signal: controller.signal,
          optimizer: adam({ learningRate: 1e-2 }),
        };
        for await (const { step } of fit(batch, [term({ points: points(3), loss })], options))
          if (step === abortAt) controller.abort(new Error('enough'));
      } catch (error) {
        if ((error as Error).message !== 'enough') throw error;
      } finally {
        batch.dispose();
      }
      return kept as Uint8Array;
    };
    expect(await run(undefined, await run(2))).toEqual(await run(undefined));
  });

  it('may share points and targets', async () => {
    const batch = createFieldBatch(spec, { count: 2, seed: 1 });
    const one = batch.field(1);
    const together = await steps(batch, [term({ points: points(), loss })]);
    const alone = await steps(one, [term({ points: points(), loss })]);
    for (const [step, { fieldLosses }] of together.entries())
      expect(fieldLosses?.['loss']?.[1]).toBeCloseTo(alone[step]?.loss as number, 6);
    expect(together[0]?.loss).toBeCloseTo(
      ((together[0]?.fieldLosses?.['loss']?.[0] as number) + (alone[0]?.loss as number)) / 2,
      6,
    );
    expect(() => batch.jet(tensor3d([0, 0], [1, 1, 2]), {})).toThrow('coords must be [n, 2] or [2, n, 2]');
    batch.dispose();
    one.dispose();
  });
});

describe('a model of several parts', () => {
  const head = mlp({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1, activation: { kind: 'tanh' } });

  it('trains two fields with a shared layer', async () => {
    const [a, b] = [createField(head, { seed: 1 }), createField(head, { seed: 2 })];
    const shared = a.layout.entry('layers.1.bias').offset + 4;
    const model = createModel({
      kind: 'twins',
      parts: { a, b },
      fields: {
        a: { spec: head, parameters: ({ a: own }) => own.flat },
        b: { spec: head, parameters: parts => concat1d([slice(parts.a.flat, 0, shared), slice(parts.b.flat, shared)]) },
      },
    });
    expect(model.layout.names().slice(0, 2)).toEqual(['a.layers.0.weight', 'a.layers.0.bias']);
    const before = { a: numbers(a), b: numbers(b) };
    const reports = await steps(model, [
      term({ name: 'first', field: 'a', points: points(), loss }),
      term({ name: 'second', field: 'b', points: points(), loss, weight: 0.5 }),
      parameterTerm({ field: 'b', penalty: squared, weight: 1e-3 }),
    ]);
    expect(Object.keys(reports[0]?.terms ?? {})).toEqual(['first', 'second', 'parameters']);
    // Parameters that b does not use never change; those that it uses do, as do all of a's.
    expect(numbers(b)['layers.0.weight']).toEqual(before.b['layers.0.weight']);
    expect(numbers(b)['layers.2.weight']).not.toEqual(before.b['layers.2.weight']);
    expect(numbers(a)['layers.0.weight']).not.toEqual(before.a['layers.0.weight']);
    a.dispose();
    b.dispose();
  });

  it('propagates gradients to the parts that its parameters are computed from', async () => {
    // theta = s base: the derivative of the field's loss with respect to s, against finite differences.
    const scale = createParameters({ s: { shape: [1], initialise: () => Float32Array.of(0.8) } }, { seed: 0 });
    const base = createField(spec, { seed: 3 });
    const seen: number[] = [];
    const watching = {
      kind: 'watching',
      learningRate: 1,
      settings: {},
      stateSize: 0,
      update: ({ parameters, gradient }: { parameters: Tensor1D; gradient: Tensor1D }) => {
        seen.push(...gradient.dataSync());
        return { parameters: parameters.clone(), state: [] };
      },
    };
    const model = createModel({
      kind: 'scaled',
      parts: { scale, base },
      fields: { scaled: { spec, parameters: parts => mul<Tensor1D>(parts.base.flat, parts.scale.tensor('s')) } },
    });
    const lossAt = async (s: number): Promise<number> => {
      scale.parameters['s']?.assign(tensor1d([s]));
      const [report] = await steps(model, [term({ points: points(), loss })], {
        steps: 1,
        optimizer: watching,
        chunkSize: 4,
      });
      return report?.loss as number;
    };
    await lossAt(0.8);
    const wanted = ((await lossAt(0.81)) - (await lossAt(0.79))) / 0.02;
    expect(Math.abs((seen[0] as number) - wanted)).toBeLessThan(2e-2 * Math.abs(wanted) + 1e-4);
    scale.dispose();
    base.dispose();
  });

  it('computes parameters from the inputs of a step, for the terms that follow too', async () => {
    // theta = s c base, with c from the points: dL/ds is c times that of the field whose parameters are c base.
    const scale = createParameters({ s: { shape: [1], initialise: () => Float32Array.of(0.8) } }, { seed: 0 });
    const base = createField(spec, { seed: 3 });
    const parts = { scale, base };
    const model = createModel({
      kind: 'scaled by inputs',
      parts,
      fields: {
        scaled: {
          spec,
          parameters: (bound, { c }) =>
            mul<Tensor1D>(bound.base.flat, mul(bound.scale.tensor('s'), tensor1d(c?.data ?? [0]))),
        },
      },
    });
    const given = (c: number): PointSource => ({
      ...points(),
      inputs: (_, { step }) => ({ c: { shape: [1], data: Float32Array.of(c * step) } }),
    });
    const weights = parameterTerm({ name: 'weights', field: 'scaled', penalty: squared });
    const options = { steps: 2, optimizer: adam({ learningRate: 1e-30 }), chunkSize: 4 };
    const flat = Object.values(numbers(base)).flat();
    const before = memory().numTensors;
    const reports = await steps(
      model,
      [term({ points: given(0.5), loss }), weights, term({ name: 'other', points: given(3), loss })],
      options,
    );
    expect(memory().numTensors).toBe(before);
    for (const { step, terms } of reports) {
      const mean = flat.reduce((sum, x) => sum + (0.8 * 0.5 * step * x) ** 2, 0) / flat.length;
      expect(terms['weights']).toBeCloseTo(mean, 5);
      expect(terms['other']).not.toBeCloseTo(terms['loss'] as number, 3);
    }
    const bad = { ...points(), inputs: () => ({ c: { shape: [1], data: Float32Array.of(Number.NaN) } }) };
    await expect(steps(model, [term({ points: bad, loss })], options)).rejects.toThrow(/inputs\.c\[0\] is NaN/u);
    const short = { ...points(), inputs: () => ({ c: { shape: [2], data: Float32Array.of(1) } }) };
    await expect(steps(model, [term({ points: short, loss })], options)).rejects.toThrow(
      "term 'loss': the input 'c' must have 2 values for [2], got 1",
    );
    scale.dispose();
    base.dispose();
  });

  it('propagates gradients through parameters computed from inputs', async () => {
    const scale = createParameters({ s: { shape: [1], initialise: () => Float32Array.of(0.8) } }, { seed: 0 });
    const base = createField(spec, { seed: 3 });
    const model = createModel({
      kind: 'scaled by inputs',
      parts: { scale, base },
      fields: {
        scaled: {
          spec,
          parameters: (bound, { c }) =>
            mul<Tensor1D>(bound.base.flat, mul(bound.scale.tensor('s'), tensor1d(c?.data ?? [0]))),
        },
      },
    });
    const terms = [1, 2].map(c =>
      term({
        name: `times ${c}`,
        points: { ...points(), inputs: () => ({ c: { shape: [1], data: Float32Array.of(c) } }) },
        loss,
      }),
    );
    const seen: number[] = [];
    const watching = {
      kind: 'watching',
      learningRate: 1,
      settings: {},
      stateSize: 0,
      update: ({ parameters, gradient }: { parameters: Tensor1D; gradient: Tensor1D }) => {
        seen.push(...gradient.dataSync());
        return { parameters: parameters.clone(), state: [] };
      },
    };
    const lossAt = async (s: number): Promise<number> => {
      scale.parameters['s']?.assign(tensor1d([s]));
      const [report] = await steps(model, terms, { steps: 1, optimizer: watching, chunkSize: 4 });
      return report?.loss as number;
    };
    await lossAt(0.8);
    const wanted = ((await lossAt(0.81)) - (await lossAt(0.79))) / 0.02;
    expect(Math.abs((seen[0] as number) - wanted)).toBeLessThan(2e-2 * Math.abs(wanted) + 1e-4);
    scale.dispose();
    base.dispose();
  });

  it('computes what its fields share once for the values and once for the gradient, and trains as without', async () => {
    const trained = async (shares: boolean) => {
      const codes = createParameters(
        { code: { shape: [P], initialise: rng => Float32Array.from({ length: P }, () => rng.normal()) } },
        { seed: 1 },
      );
      let calls = 0;
      const common = (flat: Tensor1D): Tensor1D => {
        calls += 1;
        return mul(flat, 0.5);
      };
      const fields = shares
        ? {
            first: { spec, parameters: (_: object, __: object, shared: Tensor1D) => shared },
            second: { spec, parameters: (_: object, __: object, shared: Tensor1D) => mul(shared, shared) as Tensor1D },
          }
        : undefined;
      const model = fields
        ? createModel({ kind: 'test', parts: { codes }, shared: parts => common(parts.codes.flat), fields })
        : createModel({
            kind: 'test',
            parts: { codes },
            fields: {
              first: { spec, parameters: parts => common(parts.codes.flat) },
              second: {
                spec,
                parameters: parts => {
                  const shared = common(parts.codes.flat);
                  return mul(shared, shared) as Tensor1D;
                },
              },
            },
          });
      const before = memory().numTensors;
      await steps(model, [
        term({ name: 'a', field: 'first', points: points(), loss }),
        term({ name: 'b', field: 'second', points: points(), loss, weight: 0.3 }),
        parameterTerm({ name: 'c', field: 'second', penalty: squared }),
      ]);
      expect(memory().numTensors).toBe(before);
      const values = numbers(model);
      codes.dispose();
      return { values, calls };
    };
    const [joint, separate] = [await trained(true), await trained(false)];
    expect([joint.calls, separate.calls]).toEqual([2 * 3, 4 * 3]);
    for (const [name, values] of Object.entries(separate.values))
      for (const [i, value] of values.entries()) expect(joint.values[name]?.[i]).toBeCloseTo(value, 5);
  });

  it('rejects the checkpoints of other models', async () => {
    const codes = (length: number) => createParameters({ code: { shape: [2, length] } }, { seed: 0 });
    const build = (length: number, kind = 'coded'): { model: Model; dispose(): void } => {
      const [hyper, set] = [
        createField(
          mlp({ inFeatures: length, outFeatures: P, hiddenFeatures: 3, hiddenLayers: 0, activation: { kind: 'tanh' } }),
          { seed: 1 },
        ),
        codes(length),
      ];
      const model = createModel({
        kind,
        parts: { hyper, set },
        fields: {
          images: {
            spec,
            count: 2,
            parameters: parts => stackFields(spec, parts.hyper.evaluate(parts.set.tensor('code') as Tensor2D)),
          },
        },
      });
      return {
        model,
        dispose: () => {
          hyper.dispose();
          set.dispose();
        },
      };
    };
    let kept: Uint8Array | undefined;
    const store = {
      read: async () => kept,
      write: async (bytes: Uint8Array) => {
        kept = bytes;
      },
    };
    const task = [term({ points: points(2), loss })];
    const right = build(3);
    await steps(right.model, task, { checkpoint: { store } });
    for (const other of [build(4), build(3, 'other')]) {
      await expect(steps(other.model, task, { checkpoint: { store } })).rejects.toThrow('another run: its network');
      other.dispose();
    }
    const field = createField(spec, { seed: 1 });
    await expect(steps(field, [term({ points: points(), loss })], { checkpoint: { store } })).rejects.toThrow(
      FieldFileError,
    );
    field.dispose();
    right.dispose();
  });

  it('is rejected if it is invalid', async () => {
    const base = createField(spec, { seed: 1 });
    const fields = { one: { spec, parameters: (parts: { base: { flat: Tensor1D } }) => slice(parts.base.flat, 1) } };
    expect(() => createModel({ kind: 'field', parts: { base }, fields })).toThrow(
      "kind must be other than '', 'field' and 'field-batch', got 'field'",
    );
    expect(() => createModel({ kind: 'x', parts: {}, fields: {} })).toThrow('needs at least one part and one field');
    expect(() => createParameters({ code: { shape: [0] } }, { seed: 0 })).toThrow(
      "the shape of 'code' must be positive integers, got [0]",
    );
    const model = createModel({ kind: 'short', parts: { base }, fields });
    await expect(steps(model, [term({ points: points(), loss })])).rejects.toThrow(
      `the parameters of a field must be [${P}], got [${P - 1}]`,
    );
    const two = createModel({ kind: 'two', parts: { base }, fields: { ...fields, two: fields.one } });
    await expect(steps(two, [term({ points: points(), loss })])).rejects.toThrow(
      "must name one of the model's fields: one, two",
    );
    await expect(steps(two, [term({ field: 'three', points: points(), loss })])).rejects.toThrow(
      "no field 'three'; its fields: one, two",
    );
    expect(() => stackFields(spec, tensor2d([[1, 2]]))).toThrow(`must have ${P} values`);
    base.dispose();
  });
});
