import '@tensorflow/tfjs-backend-cpu';
import {
  adam,
  createField,
  type Field,
  fit,
  type LayerSpec,
  type PointLoss,
  parameterLayout,
  parseSpec,
  term,
} from '@neural-fields/core';
import { mul, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  denseGrid,
  encodings,
  hashGrid,
  multiPlane,
  multiResolutionGrid,
  tableGroup,
  vectorMatrix,
} from '../src/index.ts';

const extensions = { layers: encodings };
const fieldOf = (encoding: LayerSpec, inFeatures = 2): Field =>
  createField(parseSpec({ inFeatures, layers: [encoding] }, extensions), { seed: 1, extensions });
const rowsOf = (encoding: LayerSpec, inFeatures = 2): number =>
  parameterLayout(parseSpec({ inFeatures, layers: [encoding] }, extensions), extensions).entry('layers.0.table')
    .shape[0] as number;

const dense = {
  kind: 'dense',
  outFeatures: 1,
  activation: { kind: 'identity' },
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: { kind: 'pytorch-linear' },
};

beforeAll(() => setBackend('cpu'));

describe('hashGrid', () => {
  it('has min(T, vertices) rows for each level of floor(N_min b^l) cells', () => {
    // b = (512 / 16)^(1 / 15) = 1.26: resolutions 16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, ... of Mueller et al.
    const resolutions = [16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, 203, 256, 322, 406, 512];
    const expected = resolutions.reduce((rows, n) => rows + Math.min(2 ** 14, (n + 1) ** 2), 0);
    expect(rowsOf(hashGrid({ finestResolution: 512, log2HashmapSize: 14 }))).toBe(expected);
    expect(rowsOf(hashGrid({ levels: 3, baseResolution: 2, growth: 2, log2HashmapSize: 6 }), 3)).toBe(27 + 64 + 64);
  });

  it('rounds no resolution down that is an integer', () => {
    for (const finestResolution of [99, 1000, 2048, 3999]) {
      const { levels, baseResolution } = hashGrid({ levels: 9, baseResolution: 3, finestResolution });
      const rows = rowsOf(hashGrid({ levels, baseResolution, finestResolution, log2HashmapSize: 28 }), 1);
      const before = rowsOf(hashGrid({ levels: 8, baseResolution, growth: (finestResolution / 3) ** (1 / 8) }), 1);
      expect(rows - before).toBe(finestResolution + 1);
    }
  });

  it('starts uniform in the bound, from the seed of the field', async () => {
    const tableOf = async (options: { readonly initialBound?: number }): Promise<Float32Array> => {
      const field = fieldOf(hashGrid({ levels: 1, baseResolution: 64, ...options }));
      return (await field.parameters['layers.0.table']?.data()) as Float32Array;
    };
    const values = await tableOf({});
    expect(Math.max(...values)).toBeLessThanOrEqual(1e-4);
    expect(Math.max(...values)).toBeGreaterThan(0.99e-4);
    expect(Math.min(...values)).toBeLessThan(-0.99e-4);
    expect(await tableOf({})).toEqual(values);
    expect(Math.max(...(await tableOf({ initialBound: 2 })))).toBeGreaterThan(1.98);
  });

  it('has the features of its table at the vertices', async () => {
    const field = fieldOf(denseGrid({ resolution: 2, features: 3 }));
    const table = await field.parameters['layers.0.table']?.data();
    const coords = [-1, 0, 1].flatMap(y => [-1, 0, 1].map(x => [x, y]));
    expect([...(await field.evaluate(tensor2d(coords)).data())]).toEqual([...(table as Float32Array)]);
  });

  it('has second derivatives along one axis with smoothstep alone', async () => {
    const laplacianOf = async (interpolation: 'linear' | 'smoothstep'): Promise<number> => {
      const field = fieldOf(denseGrid({ resolution: 2, features: 1, interpolation, initialBound: 1 }));
      const { laplacian } = field.jet(tensor2d([[0.3, -0.6]]), { laplacian: true });
      return (await laplacian.data())[0] as number;
    };
    expect(Math.abs(await laplacianOf('linear'))).toBe(0);
    expect(Math.abs(await laplacianOf('smoothstep'))).toBeGreaterThan(0.1);
  });

  it('rejects wrong options', () => {
    expect(() => hashGrid({})).toThrow('hash-grid: needs one of growth and finestResolution for 16 levels, got none');
    expect(() => hashGrid({ growth: 2, finestResolution: 64 })).toThrow(TypeError);
    expect(() => hashGrid({ growth: 0.5 })).toThrow('hash-grid: growth must be a finite number >= 1, got 0.5');
    expect(() => hashGrid({ finestResolution: 8 })).toThrow('must be at least baseResolution 16, got 8');
    expect(() => hashGrid({ growth: 4 })).toThrow('the resolution of the last level must be at most 1048576');
    expect(() => hashGrid({ finestResolution: 64, log2HashmapSize: 40 })).toThrow('must be at most 28, got 40');
    expect(() => hashGrid({ finestResolution: 64, interpolation: 'cubic' as 'linear' })).toThrow(
      'hash-grid: interpolation must be one of linear, smoothstep, nearest, got "cubic"',
    );
    expect(() => hashGrid({ finestResolution: 64, initialBound: 0 })).toThrow('initialBound must be a positive number');
    expect(() => fieldOf(hashGrid({ finestResolution: 64 }), 8)).toThrow('grid: must have at most 7 axes, got 8');
    expect(() => fieldOf({ kind: 'hash-grid' })).toThrow(RangeError);
  });
});

describe('dense grids', () => {
  it('have a row for each vertex of each level', () => {
    expect(rowsOf(denseGrid({ resolution: 4 }), 3)).toBe(125);
    expect(rowsOf(multiResolutionGrid({ levels: 3, baseResolution: 2, growth: 2 }))).toBe(9 + 25 + 81);
  });

  it('interpolate between the nearest vertices, or take the nearest', async () => {
    const at = async (interpolation: 'linear' | 'nearest', x: number): Promise<number> => {
      const field = fieldOf(denseGrid({ resolution: 2, features: 1, interpolation, initialBound: 1 }), 1);
      return (await field.evaluate(tensor2d([[x]])).data())[0] as number;
    };
    const [left, right] = [await at('nearest', 0), await at('nearest', 1)];
    expect(await at('linear', 0.25)).toBeCloseTo(0.75 * left + 0.25 * right, 6);
    expect([await at('nearest', 0.49), await at('nearest', 0.51)]).toEqual([left, right]);
  });

  it('reject wrong options', () => {
    expect(() => denseGrid({ resolution: 0 })).toThrow('dense-grid: resolution must be a positive integer, got 0');
    expect(() => denseGrid({ resolution: 2, features: 0 })).toThrow('features must be a positive integer, got 0');
    expect(() => fieldOf(denseGrid({ resolution: 2 ** 15 }))).toThrow('dense-grid: the table must have at most');
    expect(() => multiResolutionGrid({ levels: 2, growth: 2, combination: 'product' as 'sum' })).toThrow(
      'combination must be one of concat, sum, got "product"',
    );
  });
});

describe('planes', () => {
  it('lie on all pairs of axes, or on the given ones', () => {
    const names = (encoding: LayerSpec, inFeatures: number): string[] =>
      parameterLayout(parseSpec({ inFeatures, layers: [encoding] }, extensions), extensions).names();
    expect(names(multiPlane({ resolution: 2 }), 4)).toHaveLength(6);
    expect(names(multiPlane({ resolution: 2, planes: [[0, 3]] }), 4)).toEqual(['layers.0.planes.0']);
    expect(fieldOf(multiPlane({ resolution: 2, combination: 'concat' }), 3).outFeatures).toBe(6);
    expect(fieldOf(vectorMatrix({ resolution: 2 }), 3).outFeatures).toBe(48);
  });

  it('start near 0.3 where they are multiplied', async () => {
    const field = fieldOf(multiPlane({ resolution: 8, combination: 'product' }), 3);
    const values = (await field.parameters['layers.0.planes.1']?.data()) as Float32Array;
    expect([Math.min(...values) >= 0.1, Math.max(...values) <= 0.5]).toEqual([true, true]);
    expect(multiPlane({ resolution: 8, combination: 'product', initialBound: 0.1 }).initialBound).toBe(0.1);
  });

  it('reject wrong options', () => {
    expect(() => multiPlane({ resolution: 0 })).toThrow('multi-plane: resolution must be a positive integer, got 0');
    expect(() => multiPlane({ resolution: 2, initialCentre: Number.NaN })).toThrow('must be a finite number');
    expect(() => fieldOf(multiPlane({ resolution: 2, planes: [[0, 2]] }), 2)).toThrow('axes from 0 to 1, got [0,2]');
    expect(() => fieldOf(multiPlane({ resolution: 2 }), 1)).toThrow('at least 2 features, got 1');
    expect(() => fieldOf(vectorMatrix({ resolution: 2 }), 2)).toThrow('the input must have 3 features, got 2');
    expect(() => vectorMatrix({ resolution: 2, combination: 'product' as 'sum' })).toThrow('one of concat, sum');
  });
});

describe('tableGroup', () => {
  it('trains the tables alone, with the settings of Instant-NGP', async () => {
    const field = createField(
      parseSpec({ inFeatures: 1, layers: [denseGrid({ resolution: 1, features: 1 }), dense] }, extensions),
      { seed: 1, extensions },
    );
    const read = async (name: string): Promise<Float32Array> =>
      Float32Array.from((await field.parameters[name]?.data()) as Float32Array);
    const before = [await read('layers.0.table'), await read('layers.1.weight')];
    // The loss does not depend on x = 1, and weakly on x = -1: with epsilon 1e-15 its row moves by the learning rate.
    const loss: PointLoss = ({ value }) => mul(value, 1e-9);
    const points = { inFeatures: 1, pointsPerStep: 1, fixed: true, draw: () => ({ coords: Float32Array.of(-1) }) };
    const optimizer = adam({ learningRate: 0 });
    const groups = [tableGroup({ lazy: true })];
    for await (const _ of fit(field, [term({ points, loss })], { steps: 1, optimizer, groups }));
    const [table, weight] = [await read('layers.0.table'), await read('layers.1.weight')];
    expect(Math.abs((table[0] as number) - (before[0]?.[0] as number))).toBeCloseTo(1e-2, 5);
    expect(table[1]).toBe(before[0]?.[1]);
    expect(weight).toEqual(before[1]);
    expect(() => tableGroup({ beta1: 2 })).toThrow(RangeError);
  });
});
