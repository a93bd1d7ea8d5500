/** @file Networks of every kind of operation, put together at random. */
import { createRng, type Extensions, type FieldSpec, type LayerSpec, parseSpec, type Rng } from '@neural-fields/core';
import {
  columns,
  concat,
  constantArray,
  constantFeatures,
  coreActivations,
  elementwise,
  GRID_INTERPOLATIONS,
  type GridLevel,
  grid,
  type LayerContext,
  type LayerDefinition,
  linear,
  type OperandArray,
  product,
  type Signal,
  sum,
} from '@neural-fields/core/layers';

interface RandomSpec extends LayerSpec {
  readonly kind: 'random';
  readonly seed: number;
  readonly outFeatures: number;
}

/** Widths on both sides of those of vectors. */
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 19, 31, 32, 33, 48, 65] as const;

/** One of some. */
export const pick = <T>(rng: Rng, all: readonly T[]): T => all[rng.integer(all.length)] as T;

const chance = (rng: Rng, probability: number): boolean => rng.uniform() < probability;

/** An array that is learned, or a fixed one. */
const randomArray = (
  rng: Rng,
  { parameter }: Pick<LayerContext<RandomSpec>, 'parameter'>,
  name: string,
  shape: readonly number[],
  scale: number,
): OperandArray => {
  const seed = rng.integer(2 ** 32);
  const size = shape.reduce((total, length) => total * length, 1);
  const values = (): Float32Array => {
    const own = createRng(seed);
    return Float32Array.from({ length: size }, () => scale * own.normal());
  };
  return chance(rng, 0.85)
    ? parameter(name, { shape: [...shape], initialise: values })
    : constantArray([...shape], values);
};

/** Levels that lie one behind the other in a table. */
const levelsFor = (rng: Rng, axes: number): GridLevel[] => {
  let firstRow = 0;
  return Array.from({ length: 1 + rng.integer(3) }, () => {
    const hashed = axes > 3 || chance(rng, 0.5);
    const resolution = 1 + rng.integer(hashed ? 40 : 6);
    const rows = hashed ? 2 ** (1 + rng.integer(8)) : (resolution + 1) ** axes;
    const level = { resolution, firstRow, rows, hashed };
    firstRow += rows;
    return level;
  });
};

/** What one more operation makes of signals. */
const extend = (rng: Rng, signals: readonly Signal[], context: LayerContext<RandomSpec>, name: string): Signal => {
  const input = pick(rng, signals);
  const { features } = input;
  const alike = signals.filter(signal => signal.features === features);
  switch (rng.integer(8)) {
    case 0:
    case 1: {
      const out = pick(rng, WIDTHS);
      const weight = randomArray(rng, context, `${name}.weight`, [features, out], 1 / Math.sqrt(features));
      const bias = chance(rng, 0.7) ? randomArray(rng, context, `${name}.bias`, [out], 0.5) : undefined;
      const mapped = linear(input, weight, bias);
      return chance(rng, 0.7) ? activated(rng, mapped, context, name) : mapped;
    }
    case 2:
      return activated(rng, input, context, name);
    case 3:
      return concat(Array.from({ length: 1 + rng.integer(3) }, () => pick(rng, signals)));
    case 4: {
      const terms = Array.from({ length: 1 + rng.integer(3) }, () => pick(rng, alike));
      return sum(
        terms,
        terms.map(() => pick(rng, [1, -1, 0.5, -0.25, 0])),
      );
    }
    case 5:
      return product(input, pick(rng, alike));
    case 6:
      return columns(
        input,
        Array.from({ length: pick(rng, WIDTHS.slice(0, 10)) }, () => rng.integer(features)),
      );
    default: {
      if (features > 5 || chance(rng, 0.4)) {
        const many = 1 + rng.integer(3);
        const matrix = randomArray(rng, context, `${name}.constant`, [features, many], 1);
        return product(input, constantFeatures(input, matrix, rng.integer(many)));
      }
      const levels = levelsFor(rng, features);
      const { firstRow, rows } = levels.at(-1) as GridLevel;
      const table = randomArray(rng, context, `${name}.table`, [firstRow + rows, 1 + rng.integer(5)], 1);
      return grid(input, table, levels, { interpolation: pick(rng, GRID_INTERPOLATIONS) });
    }
  }
};

/** Any activation, with its parameters as they are without options, some of them learned. */
const activated = (rng: Rng, input: Signal, { parameter }: LayerContext<RandomSpec>, name: string): Signal => {
  const definition = pick(rng, coreActivations);
  const values = Object.fromEntries(
    Object.entries(definition.parameters).map(([key, preset]) => [
      key,
      chance(rng, 0.7) || definition.parameterDerivatives === undefined
        ? preset
        : parameter(`${name}.${key}`, { shape: [], initialise: () => Float32Array.of(preset) }),
    ]),
  );
  return elementwise(input, definition, values);
};

const random: LayerDefinition<RandomSpec> = {
  kind: 'random',
  apply: (input, context) => {
    const rng = createRng(context.spec.seed);
    const signals = [input];
    const count = 1 + rng.integer(7);
    for (let index = 0; index < count; index++) {
      const next = extend(rng, signals, context, `op${index}`);
      if (next.features <= 96) signals.push(next);
    }
    // One that learns in any case: tfjs has no gradient of a field whose output depends on no parameter.
    const all = concat(signals.slice(-2));
    const { outFeatures } = context.spec;
    const weight = context.parameter('last', {
      shape: [all.features, outFeatures],
      initialise: own =>
        Float32Array.from({ length: all.features * outFeatures }, () => own.normal() / Math.sqrt(all.features)),
    });
    return linear(all, weight);
  },
};

/** The layers that the networks are made of. */
export const extensions: Extensions = { layers: [random] };

/** A network that depends on the seed alone. */
export const randomNetwork = (rng: Rng): FieldSpec => {
  const layers: RandomSpec[] = [{ kind: 'random', seed: rng.integer(2 ** 32), outFeatures: 1 + rng.integer(4) }];
  return parseSpec({ inFeatures: 1 + rng.integer(4), layers }, extensions);
};
