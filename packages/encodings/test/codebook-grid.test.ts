import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import {
  adam,
  createField,
  createFieldBatch,
  decodeField,
  encodeField,
  executionPlan,
  type Field,
  fieldFromData,
  fit,
  mlp,
  type PointSource,
  parseSpec,
  readField,
  term,
} from '@neural-fields/core';
import { encodeFieldData } from '@neural-fields/core/files';
import {
  argMax,
  engine,
  matMul,
  mul,
  oneHot,
  scalar,
  setBackend,
  softmax,
  squaredDifference,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { codebookGrid, denseGrid, encodings, packCodebooks, packedCodebookGrid, tableGroup } from '../src/index.ts';
import { decodeFloats, decodeIntegers, encodeFloats, encodeIntegers } from '../src/packed-text.ts';

const extensions = { layers: encodings };
const fieldOf = (layer: object, inFeatures = 2): Field =>
  createField(parseSpec({ inFeatures, layers: [layer] }, extensions), { seed: 2, extensions });
const POINTS = [
  [0.3, -0.7],
  [-0.2, 0.4],
  [0.9, 0.95],
];
const points = (): Tensor2D => tensor2d(POINTS);
const read = async (t: Tensor): Promise<Float32Array> => (await t.data()) as Float32Array;

beforeAll(() => setBackend('simd'));

describe('texts of arrays', () => {
  it('give integers of b bits and floats back, in the bytes that they need', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(255), { minLength: 1 }), (bits, given) => {
        const values = given.map(value => value % 2 ** bits);
        const text = encodeIntegers(values, bits);
        expect(text.length).toBe(4 * Math.ceil(Math.ceil((values.length * bits) / 8) / 3));
        expect([...decodeIntegers('x', text, values.length, bits)]).toEqual(values);
      }),
      { numRuns: 60 },
    );
    const floats = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(floats, { minLength: 1, maxLength: 9 }), values => {
        expect([...decodeFloats('x', encodeFloats(values), values.length)]).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it('are refused when they are damaged', () => {
    expect(() => decodeIntegers('x', 'AAAA', 10, 6)).toThrow('x must be 12 characters of base64 for 8 bytes, got 4');
    expect(() => decodeIntegers('x', 7, 10, 6)).toThrow('got 7');
    expect(() => decodeIntegers('x', 'AA?A', 4, 6)).toThrow('x must be base64, it has other characters');
    expect(() => decodeFloats('x', encodeFloats([Number.NaN]), 1)).toThrow('x must be finite numbers, got NaN at 0');
  });
});

describe('codebookGrid', () => {
  it('looks up the row of the largest logit, and is a dense grid with these rows', async () => {
    const field = fieldOf(codebookGrid({ levels: 1, baseResolution: 3, bits: 3, initialBound: 1 }));
    const { 'layers.0.logits': logits, 'layers.0.codebook': codebook } = field.parameters;
    const rows = matMul(oneHot(argMax(logits as Tensor, 1), 8), codebook as Tensor);
    const spec = parseSpec({ inFeatures: 2, layers: [denseGrid({ resolution: 3 })] }, extensions);
    const dense = createField(spec, { parameters: { 'layers.0.table': await read(rows) }, extensions });
    const found = await field.evaluate(points()).data();
    const expected = await dense.evaluate(points()).data();
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
  });

  it('has the gradient of the softmax with respect to the logits, of the chosen rows with respect to the codebook', async () => {
    const field = fieldOf(codebookGrid({ levels: 1, baseResolution: 2, bits: 2, initialBound: 1 }));
    const [logits, codebook] = ['layers.0.logits', 'layers.0.codebook'].map(name => field.parameters[name] as Tensor);
    const loss = (): Tensor => sum(squaredDifference(field.evaluate(points()), scalar(0.3)));
    const { grads } = engine().gradients(loss, [logits as Tensor, codebook as Tensor], scalar(1), true);
    // By the table of a dense grid: its gradient G gives softmax' (G D^T), and H^T G with the chosen rows H.
    const chosen = oneHot(argMax(logits as Tensor, 1), 4, 1, 0, 'float32');
    const table = matMul(chosen, codebook as Tensor);
    const spec = parseSpec({ inFeatures: 2, layers: [denseGrid({ resolution: 2 })] }, extensions);
    const dense = createField(spec, { parameters: { 'layers.0.table': await read(table) }, extensions });
    const own = dense.parameters['layers.0.table'] as Tensor;
    const upstream = engine().gradients(
      () => sum(squaredDifference(dense.evaluate(points()), scalar(0.3))),
      [own],
      scalar(1),
    ).grads[0] as Tensor;
    const soft = softmax(logits as Tensor);
    const inner = matMul(upstream, codebook as Tensor, false, true);
    const expected = mul(soft, sub(inner, sum(mul(soft, inner), 1, true)));
    const byRows = matMul(chosen, upstream, true);
    for (const [found, wanted] of [
      [grads[0] as Tensor, expected],
      [grads[1] as Tensor, byRows],
    ] as const) {
      const [a, b] = [await found.data(), await wanted.data()];
      expect(Math.max(...b.map(Math.abs))).toBeGreaterThan(1e-3);
      for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i] as number, 5);
    }
  });

  it('works in a batch of fields', async () => {
    const layers = [codebookGrid({ levels: 1, baseResolution: 2, bits: 2, initialBound: 1 })];
    const batch = createFieldBatch(parseSpec({ inFeatures: 2, layers }, extensions), { count: 2, seed: 1, extensions });
    const both = batch.evaluate(points());
    expect(both.shape).toEqual([2, 3, 2]);
    const second = batch.field(1);
    expect(await read(second.evaluate(points()))).toEqual((await read(both)).slice(6));
  });

  it('rejects wrong options', () => {
    expect(() => codebookGrid({ levels: 1, bits: 9 })).toThrow('codebook-grid: bits must be at most 8, got 9');
    expect(() => codebookGrid({ levels: 2 })).toThrow('needs one of growth and finestResolution');
    const indices = new Uint8Array(4);
    expect(() =>
      packedCodebookGrid({ levels: 1, baseResolution: 1, features: 1, bits: 1, indices: [2], codebook: [0, 1] }),
    ).toThrow('packed-codebook-grid: indices must be integers from 0 to 1, got 2 at 0');
    const packed = packedCodebookGrid({
      levels: 1,
      baseResolution: 1,
      features: 1,
      bits: 8,
      indices,
      codebook: new Float32Array(256),
    });
    expect(() => fieldOf(packed, 3)).toThrow(
      'packed-codebook-grid: indices must be 12 characters of base64 for 8 bytes',
    );
  });
});

describe('packCodebooks', () => {
  const wave = (x: number, y: number): number => Math.sin(5 * x) * Math.cos(4 * y);
  const grid = Array.from({ length: 24 * 24 }, (_, i) => [
    ((i % 24) + 0.5) / 12 - 1,
    (Math.floor(i / 24) + 0.5) / 12 - 1,
  ]);
  const source: PointSource = {
    inFeatures: 2,
    pointsPerStep: grid.length,
    fixed: true,
    draw: (start, count) => ({
      coords: Float32Array.from(grid.slice(start, start + count).flat()),
      targets: {
        value: Float32Array.from(grid.slice(start, start + count), ([x, y]) => wave(x as number, y as number)),
      },
    }),
  };

  it('keeps what was learned in a much smaller file that kernels evaluate', async () => {
    const shape = { levels: 2, baseResolution: 8, finestResolution: 16 };
    const spec = mlp({
      inFeatures: 2,
      outFeatures: 1,
      hiddenFeatures: 16,
      hiddenLayers: 1,
      activation: { kind: 'relu' },
      encoding: codebookGrid({ ...shape, bits: 4 }),
      extensions,
    });
    const field = createField(spec, { seed: 1, extensions });
    const task = [
      term({ points: source, loss: ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor) }),
    ];
    const optimizer = adam({ learningRate: 5e-3 });
    const losses: number[] = [];
    for await (const { loss } of fit(field, task, {
      steps: 120,
      optimizer,
      groups: [tableGroup({ learningRate: 3e-2 })],
      reportEvery: 30,
    }))
      losses.push(loss);
    expect(losses.at(-1)).toBeLessThan(0.02);

    const data = packCodebooks(await readField(field));
    const packed = fieldFromData(data, extensions);
    expect(Object.keys(packed.parameters)).toEqual(Object.keys(field.parameters).slice(2));
    const at = tensor2d(grid as number[][]);
    const [before, after] = [await field.evaluate(at).data(), await packed.evaluate(at).data()];
    for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i] as number, 5);
    expect(executionPlan(packed.spec, {}, extensions).composed).toEqual([]);

    const bytes = encodeFieldData(data, { extensions });
    const full = await encodeField(field);
    // 81 + 289 vertices of 4 bits, and two codebooks of 16 x 2, in base64.
    expect(full.length - bytes.length).toBeGreaterThan(4 * 16 * 370 - (4 / 3) * (370 / 2 + 256) - 200);
    const decoded = decodeField(bytes, extensions);
    expect(await decoded.evaluate(at).data()).toEqual(after);
    for (const each of [field, packed, decoded]) each.dispose();
  });

  it('finds layers within others, and says when there are none', async () => {
    const inner = codebookGrid({ levels: 1, baseResolution: 2, bits: 1, initialBound: 1 });
    const field = fieldOf({
      kind: 'concat',
      branches: [{ kind: 'chain', layers: [inner] }, denseGrid({ resolution: 2 })],
    });
    const packed = fieldFromData(packCodebooks(await readField(field)), extensions);
    const [before, after] = [await field.evaluate(points()).data(), await packed.evaluate(points()).data()];
    for (const [i, value] of after.entries()) expect(value).toBeCloseTo(before[i] as number, 6);
    const other = fieldOf(denseGrid({ resolution: 2 }));
    await expect(readField(other).then(packCodebooks)).rejects.toThrow(
      "packCodebooks: the field must have a layer 'codebook-grid', it has none",
    );
  });
});
