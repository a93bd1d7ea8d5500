/** @file Networks of all kinds of operations. */
import {
  type ActivationSpec,
  createRng,
  type Extensions,
  type FieldSpec,
  type LayerSpec,
  parseSpec,
} from '@neural-fields/core';
import type { Operation } from '@neural-fields/core/kernels';
import {
  type ActivationDefinition,
  blocksAlong,
  type ChainSpec,
  type ConcatSpec,
  type ConstantSpec,
  columns,
  concat,
  constantArray,
  constantFeatures,
  coreActivations,
  type DenseSpec,
  elementwise,
  type GridInterpolation,
  type GridLevel,
  grid,
  type IdentityLayerSpec,
  type LayerDefinition,
  linear,
  type ProductSpec,
  product,
  type SumSpec,
  sum,
} from '@neural-fields/core/layers';

/** A layer with normal weights and biases. */
export const dense = (outFeatures: number, activation: ActivationSpec = { kind: 'identity' }): DenseSpec => ({
  kind: 'dense',
  outFeatures,
  activation,
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: { kind: 'pytorch-linear' },
});

const sineActivation = coreActivations.find(({ kind }) => kind === 'sine') as ActivationDefinition;

const chain = (...layers: readonly LayerSpec[]): ChainSpec => ({ kind: 'chain', layers });
const concatenated = (...branches: readonly LayerSpec[]): ConcatSpec => ({ kind: 'concat', branches });
const summed = (branches: readonly LayerSpec[], coefficients?: readonly number[]): SumSpec => ({
  kind: 'sum',
  branches,
  ...(coefficients && { coefficients }),
});
const times = (...branches: readonly LayerSpec[]): ProductSpec => ({ kind: 'product', branches });
const always = (values: readonly number[], learned = false): ConstantSpec => ({ kind: 'constant', values, learned });
const same: IdentityLayerSpec = { kind: 'identity' };
const tanh: ActivationSpec = { kind: 'tanh' };
const sine: ActivationSpec = { kind: 'sine', omega: 3 };

/** Fathony et al. 2021, "Multiplicative filter networks", equation 3. */
const filterNetwork = (depth: number): LayerSpec =>
  depth === 0 ? dense(13, sine) : times(chain(filterNetwork(depth - 1), dense(13)), dense(13, sine));

/** Selects features in a different order, one of them twice. */
const pick: LayerDefinition = {
  kind: 'pick',
  apply: input => columns(input, [1, 0, 1, input.features - 1]),
};

/** Registers that several operations read, and one operation that reads a register twice. */
const shared: LayerDefinition = {
  kind: 'shared',
  apply: input => {
    const wave = elementwise(input, sineActivation, { omega: 2 });
    const squared = product(wave, wave);
    const again = elementwise(squared, sineActivation, { omega: 1.5 });
    return concat([sum([wave, wave, again], [0.5, -2, 1]), squared, product(again, input), input]);
  },
};

/** Fixed frequencies, as in an encoding. */
const fixed: LayerDefinition = {
  kind: 'fixed',
  apply: input => {
    const weight = constantArray([input.features, 5], () =>
      Float32Array.from({ length: 5 * input.features }, (_, i) => Math.cos(1 + i)),
    );
    return elementwise(linear(input, weight), sineActivation, { omega: 2 });
  },
};

/** Features that are the same at all points: the columns of a learned matrix. */
const modulated: LayerDefinition = {
  kind: 'modulated',
  apply: (input, { parameter }) => {
    const initialise = (): Float32Array => Float32Array.from({ length: 2 * input.features }, (_, i) => Math.sin(2 + i));
    const matrix = parameter('latent', { shape: [input.features, 2], initialise });
    return sum([product(input, constantFeatures(input, matrix, 1)), constantFeatures(input, matrix, 0)]);
  },
};

/** A level as a part of a spec, which has no typed arrays. */
export interface TableLevel extends Omit<GridLevel, 'blocks'> {
  readonly blocks?: { readonly log2Size: number; readonly firstRows: readonly number[] };
}

const gridLevel = ({ blocks, ...level }: TableLevel): GridLevel => ({
  ...level,
  ...(blocks && { blocks: { ...blocks, firstRows: Int32Array.from(blocks.firstRows) } }),
});

interface TableSpec extends LayerSpec {
  readonly kind: 'table';
  readonly rows: number;
  readonly rowFeatures: number;
  readonly levels: readonly TableLevel[];
  readonly interpolation: GridInterpolation;
}

const table: LayerDefinition<TableSpec> = {
  kind: 'table',
  apply: (input, { spec: { rows, rowFeatures, levels, interpolation }, parameter }) => {
    const initialise = (): Float32Array => {
      const rng = createRng(3);
      return Float32Array.from({ length: rows * rowFeatures }, () => rng.normal());
    };
    const values = parameter('table', { shape: [rows, rowFeatures], initialise });
    return grid(input, values, levels.map(gridLevel), { interpolation });
  },
};

/** A learned table with these levels. */
export const tableOf = (
  rowFeatures: number,
  levels: readonly TableLevel[],
  interpolation: GridInterpolation = 'linear',
): TableSpec => ({
  kind: 'table',
  interpolation,
  rows: Math.max(...levels.map(({ firstRow, rows }) => firstRow + rows)),
  rowFeatures,
  levels,
});

/** A level with a row for each vertex. */
export const denseLevel = (resolution: number, axes: number, firstRow = 0): TableLevel => ({
  resolution,
  firstRow,
  rows: (resolution + 1) ** axes,
  hashed: false,
});

export const hashedLevel = (resolution: number, rows: number, firstRow = 0): TableLevel => ({
  resolution,
  firstRow,
  rows,
  hashed: true,
});

/** A level in which every other block of four^axes vertices has rows, up to a number of them. */
export const blockLevel = (resolution: number, axes: number, count: number): TableLevel => {
  const size = 4 ** axes;
  const blocks = blocksAlong(resolution, 2) ** axes;
  const firstRows = Array.from({ length: blocks }, (_, b) => (b % 2 === 0 && b < 2 * count ? 1 + (b / 2) * size : 0));
  return { resolution, firstRow: 0, rows: 1 + count * size, hashed: false, blocks: { log2Size: 2, firstRows } };
};

/** The custom layers of the networks. */
export const extensions: Extensions = { layers: [pick, shared, fixed, modulated, table] };

/** A network, with the operations that it covers. */
export interface NetworkCase {
  readonly inFeatures: number;
  readonly layers: readonly LayerSpec[];
  /** The kinds of its operations. */
  readonly kinds: readonly Operation['kind'][];
  readonly points?: number;
  /** Whether only some blocks of the vertices of a grid have rows. */
  readonly hasBlocks?: true;
}

export const networks: Readonly<Record<string, NetworkCase>> = {
  'a multiplicative filter network': {
    inFeatures: 2,
    layers: [filterNetwork(2), dense(2)],
    kinds: ['linear', 'product'],
  },
  'a network with its input concatenated in the middle': {
    inFeatures: 3,
    layers: [concatenated(chain(dense(11, tanh), dense(9, tanh)), same), dense(12, { kind: 'softplus' }), dense(1)],
    kinds: ['linear', 'concat'],
  },
  'a residual network': {
    inFeatures: 2,
    layers: [
      dense(12, sine),
      summed([same, chain(dense(17, sine), dense(12, sine))], [0.5, -1.5]),
      summed([same, dense(12, { kind: 'sine', omega: 1, learnable: ['omega'] })]),
      dense(1),
    ],
    kinds: ['linear', 'sum'],
  },
  'a product with a Gaussian window': {
    inFeatures: 2,
    layers: [times(chain(dense(10, sine), dense(3)), dense(3, { kind: 'gaussian', sigma: 0.8 }))],
    kinds: ['linear', 'product'],
  },
  'a modulation': {
    inFeatures: 2,
    layers: [
      dense(9, sine),
      times(same, always([1, 2, -1, 0.5, 3, 1, 1, 0, 2])),
      { kind: 'modulated' },
      summed([same, always([1, 2, -1, 0.5, 3, 1, 1, 0, 2], true)]),
      dense(2, tanh),
    ],
    kinds: ['linear', 'product', 'sum', 'constant'],
  },
  'selected and shared features': {
    inFeatures: 3,
    layers: [{ kind: 'pick' }, { kind: 'shared' }, dense(7, tanh), { kind: 'shared' }, { kind: 'pick' }, dense(2)],
    kinds: ['linear', 'elementwise', 'columns', 'sum', 'product', 'concat'],
  },
  'fixed frequencies concatenated with the input': {
    inFeatures: 2,
    layers: [concatenated(same, { kind: 'fixed' }), dense(8, tanh), dense(1)],
    kinds: ['linear', 'concat'],
  },
  'a table in the plane': {
    inFeatures: 2,
    layers: [tableOf(3, [denseLevel(4, 2), denseLevel(7, 2, 25)]), dense(8, tanh), dense(2)],
    kinds: ['grid', 'linear'],
  },
  'a hashed table in space with shared rows': {
    inFeatures: 3,
    layers: [tableOf(2, [denseLevel(2, 3), hashedLevel(9, 16, 27), hashedLevel(33, 64, 43)]), dense(8, sine), dense(1)],
    kinds: ['grid', 'linear'],
    points: 150,
  },
  'a table on a line': { inFeatures: 1, layers: [tableOf(2, [denseLevel(5, 1)]), dense(3)], kinds: ['grid', 'linear'] },
  'a table after a network': {
    inFeatures: 2,
    layers: [dense(3, tanh), tableOf(2, [denseLevel(6, 3), hashedLevel(8, 32, 343)]), dense(5, tanh), dense(1)],
    kinds: ['grid', 'linear'],
  },
  'a smooth table in space': {
    inFeatures: 3,
    layers: [tableOf(2, [denseLevel(3, 3), hashedLevel(6, 32, 64)], 'smoothstep'), dense(6, sine), dense(1)],
    kinds: ['grid', 'linear'],
  },
  'a smooth table after a network': {
    inFeatures: 2,
    layers: [dense(3, tanh), tableOf(3, [denseLevel(3, 3)], 'smoothstep'), dense(5, tanh), dense(1)],
    kinds: ['grid', 'linear'],
  },
  'the nearest rows of a table': {
    inFeatures: 2,
    layers: [concatenated(tableOf(2, [denseLevel(6, 2)], 'nearest'), same), dense(5, tanh)],
    kinds: ['grid', 'concat', 'linear'],
  },
  'blocks of a table in space': {
    inFeatures: 3,
    layers: [tableOf(2, [blockLevel(9, 3, 2), denseLevel(2, 3, 129)]), dense(6, sine), dense(1)],
    kinds: ['grid', 'linear'],
    points: 100,
    hasBlocks: true,
  },
  'blocks of a smooth table after a network': {
    inFeatures: 2,
    layers: [dense(2, tanh), tableOf(3, [blockLevel(13, 2, 3)], 'smoothstep'), dense(5, tanh), dense(1)],
    kinds: ['grid', 'linear'],
    hasBlocks: true,
  },
  'a table of four axes': {
    inFeatures: 4,
    layers: [tableOf(1, [hashedLevel(5, 128)]), dense(2)],
    kinds: ['grid', 'linear'],
    points: 20,
  },
  'a table of 65,536 rows before layers of width 64': {
    inFeatures: 2,
    layers: [
      tableOf(2, [hashedLevel(1000, 2 ** 16)]),
      dense(64, { kind: 'relu' }),
      dense(64, { kind: 'relu' }),
      dense(1),
    ],
    kinds: ['grid', 'linear'],
    points: 500,
  },
};

export const specOf = ({ inFeatures, layers }: Pick<NetworkCase, 'inFeatures' | 'layers'>): FieldSpec =>
  parseSpec({ inFeatures, layers }, extensions);
