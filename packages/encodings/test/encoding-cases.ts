/** @file Each encoding as a formula in Taylor arithmetic, the reference of the contract. */
import { createRng, type LayerSpec } from '@neural-fields/core';
import type { TaylorAlgebra, TaylorNumber } from '@neural-fields/testing';
import {
  denseGrid,
  fourierFeatures,
  gaussianRbf,
  hashGrid,
  multiResolutionGrid,
  positionalEncoding,
} from '../src/index.ts';

export type Values = Record<string, ArrayLike<number>>;

/** An encoding as a formula: the features of `x` in Taylor arithmetic, with the values of its parameters. */
type Formula = (t: TaylorAlgebra, x: readonly TaylorNumber[], values: Values) => TaylorNumber[];

export interface Case {
  readonly name: string;
  readonly spec: LayerSpec;
  readonly formula: Formula;
}

const positional =
  (octaves: number, base: number, includeInput: boolean): Formula =>
  (t, x) => {
    const waves = Array.from({ length: octaves }, (_, l) =>
      x.flatMap(p => [t.sin(t.scale(p, 2 ** l * base)), t.cos(t.scale(p, 2 ** l * base))]),
    ).flat();
    return includeInput ? [...x, ...waves] : waves;
  };

export const dot = (t: TaylorAlgebra, x: readonly TaylorNumber[], row: readonly number[]): TaylorNumber =>
  x.reduce((total, p, i) => t.add(total, t.scale(p, row[i] as number)), t.constant(0));

const fourier =
  (rows: (width: number) => readonly (readonly number[])[]): Formula =>
  (t, x) =>
    rows(x.length).flatMap(row => {
      const phase = t.scale(dot(t, x, row), 2 * Math.PI);
      return [t.cos(phase), t.sin(phase)];
    });

/** The frequencies drawn from a seed. They must never change: fields on disk rely on them. */
const seededRows = (features: number, scale: number, seed: number, width: number): number[][] => {
  const rng = createRng(seed).fork('fourier-features');
  return Array.from({ length: features }, () => Array.from({ length: width }, () => Math.fround(scale * rng.normal())));
};

const seededCentres = (features: number, bound: number, seed: number, width: number): number[] => {
  const rng = createRng(seed).fork('gaussian-rbf');
  return Array.from({ length: features * width }, () => Math.fround(bound * (2 * rng.uniform() - 1)));
};

const rbf =
  (features: number, sigma: number, centres?: (width: number) => ArrayLike<number>): Formula =>
  (t, x, values) =>
    Array.from({ length: features }, (_, j) => {
      const all = values['centres'] ?? (centres as (width: number) => ArrayLike<number>)(x.length);
      const inverse = values['inverseSigma']?.[j] ?? 1 / sigma;
      const squares = x.map((p, i) => {
        const r = t.sub(p, t.constant(all[j * x.length + i] as number));
        return t.mul(r, r);
      });
      return t.exp(
        t.scale(
          squares.reduce((a, b) => t.add(a, b)),
          (-inverse * inverse) / 2,
        ),
      );
    });

const PRIMES = [1, 2654435761, 805459861];

/** A table at the vertices of grids with these resolutions, of at most `maxRows` rows each. */
const table =
  (
    resolutions: readonly number[],
    { features = 2, isSmooth = false, maxRows = Number.POSITIVE_INFINITY, name = 'table' } = {},
  ): Formula =>
  (t, x, values) => {
    let firstRow = 0;
    return resolutions.flatMap(resolution => {
      const vertices = (resolution + 1) ** x.length;
      const first = firstRow;
      firstRow += Math.min(vertices, maxRows);
      const u = x.map(p => t.scale(t.add(p, t.constant(1)), resolution / 2));
      const cell = u.map(p => Math.min(Math.max(Math.floor(t.value(p)), 0), resolution - 1));
      const weights = u.map((p, i) => {
        const place = t.sub(p, t.constant(cell[i] as number));
        return isSmooth ? t.mul(t.mul(place, place), t.sub(t.constant(3), t.scale(place, 2))) : place;
      });
      const corners = Array.from({ length: 2 ** x.length }, (_, corner) => {
        const vertex = cell.map((c, i) => c + ((corner >> i) & 1));
        const row =
          vertices > maxRows
            ? vertex.reduce((hash, v, i) => hash ^ Math.imul(v, PRIMES[i] as number), 0) & (maxRows - 1)
            : vertex.reduce((index, v, i) => index + v * (resolution + 1) ** i, 0);
        const weight = weights
          .map((w, i) => ((corner >> i) & 1 ? w : t.sub(t.constant(1), w)))
          .reduce((a, b) => t.mul(a, b));
        return { weight, row };
      });
      return Array.from({ length: features }, (_, f) =>
        corners.reduce(
          (total, { weight, row }) =>
            t.add(total, t.scale(weight, values[name]?.[(first + row) * features + f] as number)),
          t.constant(0),
        ),
      );
    });
  };

/** The features of several lookups added. */
const added =
  (formula: Formula, features: number): Formula =>
  (t, x, values) => {
    const all = formula(t, x, values);
    return Array.from({ length: features }, (_, f) =>
      all.filter((_, j) => j % features === f).reduce((a, b) => t.add(a, b)),
    );
  };

const given = [
  [0.25, -1, 2],
  [3, 0.5, -0.125],
];

export const cases: readonly Case[] = [
  {
    name: 'positional encoding',
    spec: positionalEncoding({ octaves: 4 }),
    formula: positional(4, Math.PI, true),
  },
  {
    name: 'positional encoding without the input, base 1',
    spec: positionalEncoding({ octaves: 3, includeInput: false, base: 1 }),
    formula: positional(3, 1, false),
  },
  {
    name: 'random Fourier features',
    spec: fourierFeatures({ features: 3, scale: 2, seed: 7 }),
    formula: fourier(width => seededRows(3, 2, 7, width)),
  },
  {
    name: 'given Fourier features',
    spec: fourierFeatures({ frequencies: given }),
    formula: fourier(() => given),
  },
  {
    name: 'learned Gaussian functions',
    spec: gaussianRbf({ features: 3, sigma: 0.7 }),
    formula: rbf(3, 0.7),
  },
  {
    name: 'Gaussian functions with learned widths',
    spec: gaussianRbf({ features: 3, sigma: 0.5, bound: 2, learnable: ['sigma'], seed: 4 }),
    formula: rbf(3, 0.5, width => seededCentres(3, 2, 4, width)),
  },
  {
    name: 'frozen Gaussian functions',
    spec: gaussianRbf({ features: 2, sigma: 0.6, learnable: [], seed: 4 }),
    formula: rbf(2, 0.6, width => seededCentres(2, 1, 4, width)),
  },
  {
    name: 'a dense grid',
    spec: denseGrid({ resolution: 2, features: 1 }),
    formula: table([2], { features: 1 }),
  },
  {
    name: 'a smooth dense grid',
    spec: denseGrid({ resolution: 1, features: 3, interpolation: 'smoothstep' }),
    formula: table([1], { features: 3, isSmooth: true }),
  },
  {
    name: 'grids of several resolutions',
    spec: multiResolutionGrid({ levels: 2, features: 1, baseResolution: 1, finestResolution: 2 }),
    formula: table([1, 2], { features: 1 }),
  },
  {
    name: 'grids of several resolutions, added',
    spec: multiResolutionGrid({
      levels: 2,
      baseResolution: 1,
      growth: 2,
      interpolation: 'smoothstep',
      combination: 'sum',
    }),
    formula: added(table([1, 2], { isSmooth: true }), 2),
  },
  {
    name: 'a hash grid',
    spec: hashGrid({ levels: 3, baseResolution: 1, finestResolution: 4, log2HashmapSize: 3 }),
    formula: table([1, 2, 4], { maxRows: 8 }),
  },
  {
    name: 'a smooth hash grid',
    spec: hashGrid({ levels: 2, baseResolution: 2, growth: 1.5, log2HashmapSize: 3, interpolation: 'smoothstep' }),
    formula: table([2, 3], { maxRows: 8, isSmooth: true }),
  },
];
