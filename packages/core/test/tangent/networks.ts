/** @file Networks of every kind of operation, with parameters of every kind, fixed ones and random ones. */

import { coreActivations } from '../../src/activations/index.ts';
import { sineActivation } from '../../src/activations/sine.ts';
import { createRng, type Extensions, type FieldSpec, type LayerSpec, parseSpec, type Rng } from '../../src/index.ts';
import {
  columns,
  concat,
  constantArray,
  constantFeatures,
  elementwise,
  type GridOptions,
  grid,
  type LayerDefinition,
  linear,
  product,
  sum,
} from '../../src/layers.ts';
import { type Network, networkOf } from '../../src/spec/network.ts';

export const dense = (outFeatures: number, activation: object = { kind: 'identity' }, bias = true): object => ({
  kind: 'dense',
  outFeatures,
  activation,
  weightInitialiser: { kind: 'xavier-normal' },
  biasInitialiser: bias ? { kind: 'uniform', bound: 0.5 } : null,
});

const waves = (seed: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i));

/** Two levels with two features each: vertices in a row, and vertices that share 8 rows. */
const grids: LayerDefinition<LayerSpec & GridOptions> = {
  kind: 'grids',
  apply(input, { spec, parameter }) {
    const rows = 5 ** input.features;
    const table = parameter('table', {
      shape: [rows + 8, 2],
      group: 'table',
      initialise: () => waves(3, 2 * (rows + 8)),
    });
    const levels = [
      { resolution: 4, firstRow: 0, rows, hashed: false },
      { resolution: 7, firstRow: rows, rows: 8, hashed: true },
    ];
    return grid(input, table, levels, spec);
  },
};

/** One register for several operations, twice for one of them. */
const shared: LayerDefinition = {
  kind: 'shared',
  apply(input) {
    const wave = elementwise(input, sineActivation, { omega: 2 });
    const squared = product(wave, wave);
    return concat([sum([wave, squared, wave], [0.5, -2, 1]), product(squared, input), columns(input, [0, 0])]);
  },
};

/**
 * A matrix that multiplies twice, is added and multiplies; and frequencies that are not learned, with and without a
 * learned bias.
 */
const reused: LayerDefinition = {
  kind: 'reused',
  apply(input, { parameter }) {
    const { features } = input;
    const matrix = parameter('matrix', { shape: [features, features], initialise: () => waves(1, features ** 2) });
    const once = linear(input, matrix);
    const twice = linear(once, matrix, parameter('bias', { shape: [features], initialise: () => waves(2, features) }));
    const fixed = constantArray([features, features], () => waves(4, features ** 2));
    const shift = parameter('shift', { shape: [features], initialise: () => waves(6, features) });
    return sum([
      product(twice, constantFeatures(input, matrix, features - 1)),
      once,
      constantFeatures(input, matrix, 0),
      linear(input, fixed),
      linear(once, fixed, shift),
      linear(input, fixed, shift),
    ]);
  },
};

export const extensions: Extensions = { layers: [grids, shared, reused] };

const branches = (kind: string, ...all: readonly object[]): object => ({ kind, branches: all });
const chain = (...layers: readonly object[]): object => ({ kind: 'chain', layers });
const same = { kind: 'identity' };
const sine = { kind: 'sine', omega: 1.5 };
const learnedSine = { ...sine, learnable: ['omega'] };

const fixedNetworks: Readonly<Record<string, { readonly inFeatures: number; readonly layers: readonly object[] }>> = {
  'a SIREN': { inFeatures: 2, layers: [dense(6, sine), dense(5, sine), dense(2)] },
  'learned frequencies': { inFeatures: 2, layers: [dense(5, learnedSine), dense(4, learnedSine), dense(1)] },
  'two learned parameters': {
    inFeatures: 1,
    layers: [dense(4, { kind: 'super-gaussian', sigma: 0.8, b: 1.2, learnable: ['sigma', 'b'] }), dense(1)],
  },
  'an activation at the end': { inFeatures: 2, layers: [dense(4, { kind: 'tanh' }), dense(2, { kind: 'softplus' })] },
  'layers without bias': { inFeatures: 2, layers: [dense(4, sine, false), dense(1, undefined, false)] },
  'a product of filters': {
    inFeatures: 2,
    layers: [
      branches('product', chain(dense(4, sine), dense(4)), dense(4, sine), dense(4, { kind: 'gaussian', sigma: 0.8 })),
      dense(1),
    ],
  },
  'a residual network': {
    inFeatures: 2,
    layers: [
      dense(4, sine),
      { ...branches('sum', same, chain(dense(3, { kind: 'silu' }), dense(4))), coefficients: [1, -0.5] },
      dense(1),
    ],
  },
  'coordinates beside features': {
    inFeatures: 2,
    layers: [branches('concat', dense(3, sine), same), dense(3, { kind: 'tanh' }), dense(1)],
  },
  'constants, of which one is learned': {
    inFeatures: 2,
    layers: [
      dense(3, sine),
      branches('product', same, { kind: 'constant', values: [1, 2, -1], learned: true }),
      branches('sum', same, { kind: 'constant', values: [0.5, 1, 2] }),
      dense(1),
    ],
  },
  'registers and numbers that are used again': {
    inFeatures: 2,
    layers: [{ kind: 'shared' }, { kind: 'reused' }, dense(3, { kind: 'tanh' }), { kind: 'shared' }, dense(1)],
  },
  'a table': { inFeatures: 2, layers: [branches('concat', { kind: 'grids' }, same), dense(4, sine), dense(1)] },
  'a table behind a layer': {
    inFeatures: 2,
    layers: [dense(2, { kind: 'sine', omega: 1 }), { kind: 'grids' }, dense(1)],
  },
  'a table of three axes behind a layer': {
    inFeatures: 2,
    layers: [dense(3, { kind: 'tanh' }), { kind: 'grids' }, dense(2)],
  },
  'a smooth table': {
    inFeatures: 2,
    layers: [branches('concat', { kind: 'grids', interpolation: 'smoothstep' }, same), dense(4, sine), dense(1)],
  },
  'a smooth table behind a layer': {
    inFeatures: 2,
    layers: [dense(2, { kind: 'sine', omega: 1 }), { kind: 'grids', interpolation: 'smoothstep' }, dense(1)],
  },
  'the nearest rows of a table': {
    inFeatures: 2,
    layers: [branches('concat', { kind: 'grids', interpolation: 'nearest' }, same), dense(4, sine), dense(1)],
  },
  'nothing but its input': { inFeatures: 2, layers: [same] },
};

const randomActivation = (rng: Rng): object => {
  const { kind, parameters } = coreActivations[rng.integer(coreActivations.length)] as (typeof coreActivations)[number];
  const names = Object.keys(parameters);
  return {
    kind,
    ...Object.fromEntries(names.map(name => [name, 0.7 + rng.uniform()])),
    ...(names.length > 0 && rng.uniform() < 0.5 && { learnable: names }),
  };
};

/** A random layer with `width` output features. */
const randomLayer = (rng: Rng, width: number, depth: number): object => {
  const inner = (): object => randomLayer(rng, width, depth - 1);
  switch (depth === 0 ? 0 : rng.integer(6)) {
    case 1:
      return branches('sum', inner(), inner());
    case 2:
      return branches('product', inner(), inner());
    case 3:
      return chain(branches('concat', inner(), same, inner()), dense(width, randomActivation(rng)));
    case 4:
      return chain(dense(2, { kind: 'tanh' }), { kind: 'grids' }, dense(width));
    case 5:
      return chain(inner(), { kind: 'reused' });
    default:
      return dense(width, randomActivation(rng), rng.uniform() < 0.7);
  }
};

const random = (seed: number): { readonly inFeatures: number; readonly layers: readonly object[] } => {
  const rng = createRng(seed);
  const width = 2 + rng.integer(2);
  return {
    inFeatures: 1 + rng.integer(3),
    layers: [randomLayer(rng, width, 2), randomLayer(rng, width, 1), dense(1 + rng.integer(2))],
  };
};

const specs = {
  ...fixedNetworks,
  ...Object.fromEntries(Array.from({ length: 10 }, (_, seed) => [`random network ${seed}`, random(seed)])),
};

export interface NamedNetwork {
  readonly name: string;
  readonly spec: FieldSpec;
  readonly network: Network;
}

const named = (name: string, json: object): NamedNetwork => {
  const spec = parseSpec(json, extensions);
  return { name, spec, network: networkOf(spec, extensions) };
};

/** By name. */
export const networks: readonly NamedNetwork[] = Object.entries(specs).map(([name, json]) => named(name, json));

/** One for each of core's activations, with learned parameters. */
export const activationNetworks: readonly NamedNetwork[] = coreActivations.map(({ kind, parameters }) => {
  const names = Object.keys(parameters);
  const activation = {
    kind,
    ...Object.fromEntries(names.map((name, i) => [name, 0.75 + i / 2])),
    ...(names.length > 0 && { learnable: names }),
  };
  return named(kind, { inFeatures: 2, layers: [dense(4, activation), dense(3, activation), dense(1)] });
});

/** Initial parameters, a direction, and points, each exact in float32. */
export const valuesFor = (
  { layout, program }: Network,
  points: number,
): Readonly<Record<'theta' | 'v' | 'coords', Float32Array>> => {
  const rng = createRng(5);
  const theta = new Float32Array(layout.size);
  for (const { name, offset, initialise } of layout.entries) theta.set(initialise(rng.fork(name)), offset);
  const v = Float32Array.from(theta, () => rng.normal());
  const coords = Float32Array.from({ length: points * program.inFeatures }, () => 1.6 * rng.uniform() - 0.8);
  return { theta, v, coords };
};
