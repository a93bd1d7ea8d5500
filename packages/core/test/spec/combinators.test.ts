/**
 * @file Networks that are not a chain, as specs: their jets and the gradients of losses on them, against the formula in
 * float64 Taylor arithmetic.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import {
  centralDifference,
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  PARAMETER_GRADIENT,
  type TaylorAlgebra,
  type TaylorNumber,
  taylorAlgebra,
} from '@neural-fields/testing';
import {
  addN,
  engine,
  mul,
  ready,
  scalar,
  setBackend,
  sum as sumOf,
  type Tensor,
  tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createField,
  createRng,
  decodeField,
  encodeField,
  type FieldSpec,
  type LayerSpec,
  parseSpec,
} from '../../src/index.ts';
import { type GridOptions, grid, type LayerDefinition } from '../../src/layers.ts';
import { decodeRenderField } from '../../src/render.ts';

const D = 2;

type Values = Readonly<Record<string, ArrayLike<number>>>;

/** A network as a formula of the coordinates, with the values of its parameters. */
type Formula = (t: TaylorAlgebra, x: readonly TaylorNumber[], values: Values) => TaylorNumber[];

interface Case {
  readonly name: string;
  readonly layers: readonly object[];
  readonly formula: Formula;
}

const dense = (outFeatures: number, activation: object = { kind: 'identity' }): object => ({
  kind: 'dense',
  outFeatures,
  activation,
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: { kind: 'uniform', bound: 0.5 },
});
const sine = { kind: 'sine', omega: 1.5 };

/** h W + b of the layer at a path. */
const affine = (t: TaylorAlgebra, h: readonly TaylorNumber[], values: Values, path: string): TaylorNumber[] => {
  const [weight, bias] = [values[`${path}.weight`] as ArrayLike<number>, values[`${path}.bias`] as ArrayLike<number>];
  return Array.from({ length: bias.length }, (_, o) =>
    h.reduce(
      (total, x, i) => t.add(total, t.scale(x, weight[i * bias.length + o] as number)),
      t.constant(bias[o] as number),
    ),
  );
};

const sines = (t: TaylorAlgebra, z: readonly TaylorNumber[]): TaylorNumber[] => z.map(x => t.sin(t.scale(x, 1.5)));
const times = (t: TaylorAlgebra, a: readonly TaylorNumber[], b: readonly TaylorNumber[]): TaylorNumber[] =>
  a.map((x, i) => t.mul(x, b[i] as TaylorNumber));
const bell = (t: TaylorAlgebra, z: TaylorNumber, a: number): TaylorNumber =>
  t.exp(t.scale(t.mul(z, z), -1 / (2 * a * a)));

/** Two levels with two features each: 6 x 6 vertices, and 8 x 8 that share 8 rows. */
const grids: LayerDefinition<LayerSpec & GridOptions> = {
  kind: 'grids',
  apply(input, { spec, parameter }) {
    const table = parameter('table', {
      shape: [36 + 8, 2],
      group: 'table',
      initialise: rng => Float32Array.from({ length: 88 }, () => 2 * rng.uniform() - 1),
    });
    const levels = [
      { resolution: 5, firstRow: 0, rows: 36, hashed: false },
      { resolution: 7, firstRow: 36, rows: 8, hashed: true },
    ];
    return grid(input, table, levels, spec);
  },
};

const tableRow = (x: number, y: number, level: 0 | 1): number =>
  level === 0 ? x + 6 * y : 36 + ((x ^ Math.imul(y, 2654435761)) & 7);

/** Interpolation in the cell of the point. */
const interpolate = (
  t: TaylorAlgebra,
  x: readonly TaylorNumber[],
  table: ArrayLike<number>,
  isSmooth = false,
): TaylorNumber[] =>
  ([0, 1] as const).flatMap(level => {
    const resolution = level === 0 ? 5 : 7;
    const u = x.map(p => t.scale(t.add(p, t.constant(1)), resolution / 2));
    const [left, low] = u.map(p => Math.min(Math.max(Math.floor(t.value(p)), 0), resolution - 1)) as [number, number];
    const after = u.map((p, i) => {
      const place = t.add(p, t.constant(-([left, low][i] as number)));
      return isSmooth ? t.mul(t.mul(place, place), t.add(t.constant(3), t.scale(place, -2))) : place;
    });
    const before = after.map(p => t.add(t.constant(1), t.scale(p, -1)));
    return [0, 1].map(feature =>
      [0, 1, 2, 3].reduce((total, corner) => {
        const [right, up] = [corner & 1, corner >> 1];
        const weight = t.mul((right ? after : before)[0] as TaylorNumber, (up ? after : before)[1] as TaylorNumber);
        return t.add(total, t.scale(weight, table[2 * tableRow(left + right, low + up, level) + feature] as number));
      }, t.constant(0)),
    );
  });

const cases: readonly Case[] = [
  {
    name: 'a product of filters that all see the coordinates, as in multiplicative filter networks (Fathony et al. 2021)',
    layers: [
      {
        kind: 'product',
        branches: [
          { kind: 'chain', layers: [dense(4, sine), dense(4)] },
          dense(4, sine),
          { kind: 'chain', layers: [dense(4), dense(4, { kind: 'gaussian', sigma: 0.8 })] },
        ],
      },
      dense(2),
    ],
    formula(t, x, values) {
      const at = (path: string): string => `layers.0.branches.${path}`;
      const first = affine(t, sines(t, affine(t, x, values, at('0.layers.0'))), values, at('0.layers.1'));
      const second = sines(t, affine(t, x, values, at('1')));
      const inner = affine(t, affine(t, x, values, at('2.layers.0')), values, at('2.layers.1'));
      const third = inner.map(z => bell(t, z, 0.8));
      return affine(t, times(t, times(t, first, second), third), values, 'layers.1');
    },
  },
  {
    name: 'a modulation by learned constants',
    layers: [
      dense(5, sine),
      { kind: 'product', branches: [dense(5), { kind: 'constant', values: [1, -0.5, 2, 0.25, 1], learned: true }] },
      dense(1),
    ],
    formula(t, x, values) {
      const h = sines(t, affine(t, x, values, 'layers.0'));
      const scales = values['layers.1.branches.1.values'] as ArrayLike<number>;
      const z = affine(t, h, values, 'layers.1.branches.0').map((p, i) => t.scale(p, scales[i] as number));
      return affine(t, z, values, 'layers.2');
    },
  },
  {
    name: 'a skip connection to the middle, as in DeepSDF (Park et al. 2019)',
    layers: [
      { kind: 'concat', branches: [{ kind: 'chain', layers: [dense(6, sine), dense(4, sine)] }, { kind: 'identity' }] },
      dense(5, sine),
      dense(1),
    ],
    formula(t, x, values) {
      const inner = sines(t, affine(t, x, values, 'layers.0.branches.0.layers.0'));
      const before = sines(t, affine(t, inner, values, 'layers.0.branches.0.layers.1'));
      return affine(t, sines(t, affine(t, [...before, ...x], values, 'layers.1')), values, 'layers.2');
    },
  },
  {
    name: 'a residual connection with coefficients',
    layers: [
      dense(4, sine),
      {
        kind: 'sum',
        branches: [{ kind: 'identity' }, { kind: 'chain', layers: [dense(4, sine), dense(4)] }],
        coefficients: [1, -0.5],
      },
      dense(1),
    ],
    formula(t, x, values) {
      const h = sines(t, affine(t, x, values, 'layers.0'));
      const inner = sines(t, affine(t, h, values, 'layers.1.branches.1.layers.0'));
      const change = affine(t, inner, values, 'layers.1.branches.1.layers.1');
      const joined = h.map((p, i) => t.add(p, t.scale(change[i] as TaylorNumber, -0.5)));
      return affine(t, joined, values, 'layers.2');
    },
  },
  {
    name: 'a Gaussian window around the origin',
    layers: [
      {
        kind: 'product',
        branches: [
          { kind: 'chain', layers: [dense(5, sine), dense(1)] },
          {
            kind: 'chain',
            layers: [
              { kind: 'product', branches: [{ kind: 'identity' }, { kind: 'identity' }] },
              { ...dense(1), biasInitialiser: null },
              dense(1, { kind: 'gaussian', sigma: 1 }),
            ],
          },
        ],
      },
    ],
    formula(t, x, values) {
      const at = (path: string): string => `layers.0.branches.${path}`;
      const [body] = affine(t, sines(t, affine(t, x, values, at('0.layers.0'))), values, at('0.layers.1'));
      const weight = values[`${at('1.layers.1')}.weight`] as ArrayLike<number>;
      const square = x.reduce((total, p, i) => t.add(total, t.scale(t.mul(p, p), weight[i] as number)), t.constant(0));
      const [z] = affine(t, [square], values, at('1.layers.2'));
      return [t.mul(body as TaylorNumber, bell(t, z as TaylorNumber, 1))];
    },
  },
  {
    name: 'a table of features, dense and hashed, beside the coordinates',
    layers: [{ kind: 'concat', branches: [{ kind: 'grids' }, { kind: 'identity' }] }, dense(5, sine), dense(1)],
    formula(t, x, values) {
      const features = interpolate(t, x, values['layers.0.branches.0.table'] as ArrayLike<number>);
      return affine(t, sines(t, affine(t, [...features, ...x], values, 'layers.1')), values, 'layers.2');
    },
  },
  {
    name: 'a table of features behind a layer',
    layers: [dense(2, sine), { kind: 'chain', layers: [{ kind: 'grids' }] }, dense(1)],
    formula(t, x, values) {
      const h = sines(t, affine(t, x, values, 'layers.0'));
      const features = interpolate(t, h, values['layers.1.layers.0.table'] as ArrayLike<number>);
      return affine(t, features, values, 'layers.2');
    },
  },
  {
    name: 'a smooth table of features',
    layers: [{ kind: 'grids', interpolation: 'smoothstep' }, dense(1)],
    formula: (t, x, values) =>
      affine(t, interpolate(t, x, values['layers.0.table'] as ArrayLike<number>, true), values, 'layers.1'),
  },
  {
    name: 'a smooth table of features behind a layer',
    layers: [dense(2, sine), { kind: 'grids', interpolation: 'smoothstep' }, dense(1)],
    formula(t, x, values) {
      const h = sines(t, affine(t, x, values, 'layers.0'));
      return affine(t, interpolate(t, h, values['layers.1.table'] as ArrayLike<number>, true), values, 'layers.2');
    },
  },
];

const extensions = { layers: [grids] };
const REQUEST = { gradient: true, laplacian: true, hessian: true } as const;
const PARTS = ['value', 'gradient', 'laplacian', 'hessian'] as const;
type Part = (typeof PARTS)[number];

const points = ((): number[][] => {
  const rng = createRng(11);
  return Array.from({ length: 4 }, () => Array.from({ length: D }, () => Math.fround(1.6 * rng.uniform() - 0.8)));
})();

const specOf = ({ layers }: Case): FieldSpec => parseSpec({ inFeatures: D, layers }, extensions);

const oracle = ({ formula }: Case, values: Values, at: readonly (readonly number[])[]): Record<Part, number[]> => {
  const t = taylorAlgebra(D, 2);
  const result: Record<Part, number[]> = { value: [], gradient: [], laplacian: [], hessian: [] };
  const axes = Array.from({ length: D }, (_, k) => k);
  const orders = (...along: number[]): number[] => axes.map(k => along.filter(axis => axis === k).length);
  for (const point of at) {
    const x = axes.map(k => t.variable(k, point[k] as number));
    const outputs = formula(t, x, values);
    result.value.push(...outputs.map(f => t.value(f)));
    result.gradient.push(...axes.flatMap(k => outputs.map(f => t.derivative(f, orders(k)))));
    result.laplacian.push(...outputs.map(f => axes.reduce((total, k) => total + t.derivative(f, orders(k, k)), 0)));
    result.hessian.push(...axes.flatMap(k => axes.flatMap(l => outputs.map(f => t.derivative(f, orders(k, l))))));
  }
  return result;
};

/** Small, so that no point moves to another grid cell. */
const STEP = 1e-5;

const read = async (x: Tensor): Promise<Float32Array> => (await x.data()) as Float32Array;

describe.each(['cpu', 'wasm'])('on %s', backend => {
  beforeAll(async () => {
    await setBackend(backend);
    await ready();
  });

  describe.each(cases)('$name', testCase => {
    const make = async () => {
      const field = createField(specOf(testCase), { seed: 3, extensions });
      const values: Record<string, Float64Array> = {};
      for (const name of field.layout.names())
        values[name] = Float64Array.from(await read(field.parameters[name] as Tensor));
      return { field, values };
    };

    it('has the jet of its formula', async () => {
      const { field, values } = await make();
      const jet = field.jet(tensor2d(points), REQUEST);
      const expected = oracle(testCase, values, points);
      expectCloseInNorm(await read(jet.value), expected.value, FIELD_VALUE, 'value');
      expectCloseInNorm(await read(jet.gradient), expected.gradient, FIELD_GRADIENT, 'gradient');
      expectCloseInNorm(await read(jet.hessian), expected.hessian, FIELD_SECOND, 'hessian');
      const trace = { absolute: 2e-5 * Math.max(1, ...expected.hessian.map(Math.abs)) };
      expectCloseInNorm(await read(jet.laplacian), expected.laplacian, trace, 'laplacian');
    });

    it('is drawn without tensors to the values of its formula', async () => {
      const { field, values } = await make();
      const drawn = decodeRenderField(await encodeField(field), extensions);
      const expected = oracle(testCase, values, points).value;
      expectCloseInNorm(drawn.evaluate(Float32Array.from(points.flat())), expected, FIELD_VALUE, 'value');
    });

    it('propagates the gradient of any loss on its jet to its parameters and the coordinates', async () => {
      const { field, values } = await make();
      const rng = createRng(5);
      const now = oracle(testCase, values, points);
      const weights = Object.fromEntries(
        PARTS.map(part => {
          const size = Math.max(1e-3, ...now[part].map(Math.abs));
          return [part, now[part].map(() => rng.normal() / size)];
        }),
      ) as Record<Part, number[]>;
      const coords = tensor2d(points);
      const names = field.layout.names();
      const { grads } = engine().gradients(
        () => {
          const jet = field.jet(coords, REQUEST);
          return addN(
            PARTS.map(part => sumOf(mul(jet[part] as Tensor, tensor(weights[part], jet[part].shape)))),
          ) as Tensor;
        },
        [...names.map(name => field.parameters[name] as Tensor), coords],
        scalar(1),
        true,
      );
      const moved = points.map(point => [...point]);
      const loss = (): number => {
        const parts = oracle(testCase, values, moved);
        return PARTS.reduce(
          (a, part) => a + parts[part].reduce((s, v, i) => s + v * (weights[part][i] as number), 0),
          0,
        );
      };
      const difference = (array: Float64Array | number[], i: number): number =>
        centralDifference(array, i, { step: STEP, of: loss });
      const expected = [
        ...names.map(name =>
          Array.from(values[name] as Float64Array, (_, i) => difference(values[name] as Float64Array, i)),
        ),
        moved.flatMap(point => point.map((_, i) => difference(point, i))),
      ];
      for (const [index, name] of [...names, 'coords'].entries())
        expectCloseInNorm(await read(grads[index] as Tensor), expected[index] as number[], PARAMETER_GRADIENT, name);
    });

    it('survives JSON and files, and leaks no tensor', async () => {
      const spec = specOf(testCase);
      expect(parseSpec(JSON.parse(JSON.stringify(spec)), extensions)).toEqual(spec);
      const { field } = await make();
      const copy = decodeField(await encodeField(field), extensions);
      const coords = tensor2d(points);
      expect(await read(copy.evaluate(coords))).toEqual(await read(field.evaluate(coords)));
      const before = engine().memory().numTensors;
      const { value, gradient, laplacian, hessian } = field.jet(coords, REQUEST);
      for (const part of [value, gradient, laplacian, hessian]) part.dispose();
      expect(engine().memory().numTensors).toBe(before);
    });
  });
});

describe('combinators', () => {
  it.each([
    [{ kind: 'chain', layers: 3 }, 'chain: layers must be a list of at least 0, got 3'],
    [{ kind: 'product', branches: [] }, 'product: branches must be a list of at least 1, got []'],
    [
      { kind: 'sum', branches: [dense(3), dense(4)] },
      'sum: all signals must have the same number of features, got 3, 4',
    ],
    [{ kind: 'sum', branches: [dense(3)], coefficients: [1, 2] }, 'sum: must have 1 finite coefficients, got 1, 2'],
    [{ kind: 'constant', values: ['x'] }, 'constant: values must be finite numbers'],
    [
      { kind: 'concat', branches: [{ kind: 'conv' }] },
      "unknown layer 'conv'; known: dense, batch-norm, chain, concat, sum, product",
    ],
    [{ kind: 'chain', layers: [7] }, 'layer layers.0.layers.0 must be an object with a kind, got 7'],
  ])('refuse %j', (layer, message) => {
    expect(() => parseSpec({ inFeatures: 2, layers: [layer] })).toThrow(message);
  });

  it('pass the previous activation to initialisers, if all branches have the same', () => {
    const hidden = { ...dense(3), weightInitialiser: { kind: 'siren-hidden' } };
    const behind = (branches: readonly object[]): FieldSpec =>
      parseSpec({ inFeatures: 2, layers: [{ kind: 'sum', branches }, hidden] });
    expect(() => createField(behind([dense(3, sine), dense(3, sine)]), { seed: 1 })).not.toThrow();
    expect(() => createField(behind([dense(3, sine), dense(3)]), { seed: 1 })).toThrow('or the option omega');
    const told = { ...hidden, weightInitialiser: { kind: 'siren-hidden', omega: 30, fanIn: 12 } };
    const field = createField(parseSpec({ inFeatures: 2, layers: [{ kind: 'identity' }, told] }), { seed: 1 });
    const bound = Math.sqrt(6 / 12) / 30;
    const largest = Math.max(...(field.parameters['layers.1.weight'] as Tensor).dataSync().map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(largest).toBeGreaterThan(0.3 * bound);
  });
});
