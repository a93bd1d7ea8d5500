/** @file Each encoding as a formula in Taylor arithmetic, the reference of the contract. */
import { createRng, type LayerSpec } from '@neural-fields/core';
import type { TaylorAlgebra, TaylorNumber } from '@neural-fields/testing';
import {
  codebookGrid,
  denseGrid,
  fourierFeatures,
  gaussianEmbedding,
  gaussianRbf,
  hashGrid,
  identityEncoding,
  multiPlane,
  multiResolutionGrid,
  oneBlob,
  packedCodebookGrid,
  pointFeatures,
  positionalEncoding,
  sparseVoxelGrid,
  sphericalHarmonics,
  superGaussianEmbedding,
  triangleWave,
  vectorMatrix,
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

/** The features of each input feature side by side. */
const each =
  (
    features: number,
    feature: (t: TaylorAlgebra, p: TaylorNumber, j: number, values: Values) => TaylorNumber,
  ): Formula =>
  (t, x, values) =>
    x.flatMap(p => Array.from({ length: features }, (_, j) => feature(t, p, j, values)));

const gaussianBlob = (bins: number): Formula =>
  each(bins, (t, p, j) => {
    const z = t.scale(t.sub(t.scale(t.add(p, t.constant(1)), 0.5), t.constant((j + 0.5) / bins)), bins);
    return t.exp(t.scale(t.mul(z, z), -0.5));
  });

/** The integral of the quartic kernel over a bin, in pieces. */
const quarticBlob = (bins: number): Formula =>
  each(bins, (t, p, j) => {
    const s = t.scale(t.add(p, t.constant(1)), 0.5);
    const integralTo = (end: number): TaylorNumber => {
      const u = t.scale(t.sub(t.constant(end), s), bins);
      if (t.value(u) <= -1) return t.constant(0);
      if (t.value(u) >= 1) return t.constant(1);
      const cube = t.mul(u, t.mul(u, u));
      const terms = t.sub(u, t.sub(t.scale(cube, 2 / 3), t.scale(t.mul(cube, t.mul(u, u)), 0.2)));
      return t.add(t.scale(terms, 15 / 16), t.constant(0.5));
    };
    // Once around the circle to either side.
    return [-1, 0, 1]
      .map(turn => t.sub(integralTo(turn + (j + 1) / bins), integralTo(turn + j / bins)))
      .reduce((a, b) => t.add(a, b));
  });

const superGaussians = (
  features: number,
  { sigma, b, bound = 1 }: { sigma: number; b: number; bound?: number },
): Formula =>
  each(features, (t, p, j, values) => {
    const offset = t.sub(p, t.constant(bound * ((2 * j) / (features - 1) - 1)));
    const [width, power] = [values['sigma']?.[0] ?? sigma, values['b']?.[0] ?? b];
    return t.exp(t.scale(t.mul(offset, offset), -power / (2 * width * width)));
  });

const triangles = (octaves: number): Formula =>
  each(octaves, (t, p, l) => {
    const u = t.scale(t.add(p, t.constant(1)), 2 ** (l - 1));
    const offset = t.sub(u, t.constant(Math.floor(t.value(u)) + 0.5));
    return t.sub(t.scale(t.abs(offset), 4), t.constant(1));
  });

/** By recurrence over the bands. */
const harmonics =
  (degree: number): Formula =>
  (t, [x, y, z]) => {
    const [ax, ay, az] = [x, y, z] as [TaylorNumber, TaylorNumber, TaylorNumber];
    const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
    const result: TaylorNumber[] = [];
    let [real, imaginary] = [t.constant(1), t.constant(0)];
    for (let m = 0; m < degree; m++) {
      let before = t.constant(0);
      let now = t.constant(Array.from({ length: m }, (_, k) => 2 * k + 1).reduce((a, b) => a * b, 1));
      for (let l = m; l < degree; l++) {
        if (l > m) {
          const next = t.sub(t.scale(t.mul(az, now), 2 * l - 1), t.scale(before, l + m - 1));
          [before, now] = [now, t.scale(next, 1 / (l - m))];
        }
        const norm = Math.sqrt(((2 * l + 1) / (4 * Math.PI)) * (factorial(l - m) / factorial(l + m)));
        const sign = m % 2 === 1 ? -1 : 1;
        const scale = sign * norm * (m === 0 ? 1 : Math.SQRT2);
        result[l * l + l + m] = t.scale(t.mul(now, real), scale);
        if (m > 0) result[l * l + l - m] = t.scale(t.mul(now, imaginary), scale);
      }
      [real, imaginary] = [t.sub(t.mul(real, ax), t.mul(imaginary, ay)), t.add(t.mul(real, ay), t.mul(imaginary, ax))];
    }
    return result;
  };

const PRIMES = [1, 2654435761, 805459861];

/** A table at the vertices of grids with these resolutions, of at most `maxRows` rows each. */
const table =
  (
    resolutions: readonly number[],
    {
      features = 2,
      isSmooth = false,
      maxRows = Number.POSITIVE_INFINITY,
      name = 'table',
      rowOf,
    }: {
      features?: number;
      isSmooth?: boolean;
      maxRows?: number;
      name?: string;
      rowOf?: (vertex: readonly number[]) => number;
    } = {},
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
        const row = rowOf
          ? rowOf(vertex)
          : vertices > maxRows
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

/** The features of each vertex as the softmax of its logits times the codebook of its level. */
const softTable = (
  { logits, codebook }: Values,
  { rowsOfLevels, features, bits }: { rowsOfLevels: readonly number[]; features: number; bits: number },
): number[] => {
  const count = 2 ** bits;
  const levelOfRow = rowsOfLevels.flatMap((rows, level) => Array.from({ length: rows }, () => level));
  return levelOfRow.flatMap((level, row) => {
    const powers = Array.from({ length: count }, (_, k) => Math.exp(logits?.[row * count + k] as number));
    const total = powers.reduce((a, b) => a + b);
    return Array.from({ length: features }, (_, f) =>
      powers.reduce((sum, p, k) => sum + (p / total) * (codebook?.[(level * count + k) * features + f] as number), 0),
    );
  });
};

const packedIndices = Array.from({ length: 35 }, (_, v) => (v * 7) % 4);
const packedRows = [0.5, -1, 0.25, 2, -0.75, 1.5, 1, -0.125];

/** The row of a vertex in space, of blocks of 2^3 vertices, two along each axis; row 0 where there is none. */
const rowInBlocks =
  (blocks: readonly number[]) =>
  (vertex: readonly number[]): number => {
    const place = (digits: readonly number[]): number => digits.reduceRight((sum, digit) => 2 * sum + digit, 0);
    const index = blocks.indexOf(place(vertex.map(v => Math.floor(v / 2))));
    return index < 0 ? 0 : 1 + 8 * index + place(vertex.map(v => v % 2));
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

const timesEach = (t: TaylorAlgebra, a: readonly TaylorNumber[], b: readonly TaylorNumber[]): TaylorNumber[] =>
  a.map((value, i) => t.mul(value, b[i] as TaylorNumber));

const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** The planes of pairs of axes, each `[features]`. */
const planes =
  (resolution: number, features: number, pairs: readonly (readonly [number, number])[] = PAIRS) =>
  (t: TaylorAlgebra, x: readonly TaylorNumber[], values: Values): TaylorNumber[][] =>
    pairs.map((axes, index) =>
      table([resolution], { features, name: `planes.${index}` })(
        t,
        axes.map(axis => x[axis] as TaylorNumber),
        values,
      ),
    );

/** For each axis, the products of a vector along it and a matrix over the others. */
const vectorsAndMatrices =
  (resolution: number, features: number): Formula =>
  (t, x, values) =>
    [0, 1, 2].flatMap(axis => {
      const part = (name: string, axes: readonly number[]): TaylorNumber[] =>
        table([resolution], { features, name: `${name}.${axis}` })(
          t,
          axes.map(other => x[other] as TaylorNumber),
          values,
        );
      const others = [0, 1, 2].filter(other => other !== axis);
      return timesEach(t, part('vectors', [axis]), part('matrices', others));
    });

/** The quotient of kernels at points with some radii, and of empty space. */
const cloud =
  (points: readonly (readonly number[])[], radii: readonly number[], background: number, features: number): Formula =>
  (t, x, values) => {
    const weights = points.map((point, i) => {
      const squares = x.map((p, axis) => {
        const offset = t.sub(p, t.constant(Math.fround(point[axis] as number)));
        return t.mul(offset, offset);
      });
      const inside = t.sub(
        t.constant(1),
        t.scale(
          squares.reduce((a, b) => t.add(a, b)),
          1 / (radii[i] as number) ** 2,
        ),
      );
      return t.value(inside) > 0 ? t.mul(inside, t.mul(inside, inside)) : t.constant(0);
    });
    const total = weights.reduce((a, b) => t.add(a, b), t.constant(background));
    const at = (row: number, f: number): number => values['table']?.[row * features + f] as number;
    return Array.from({ length: features }, (_, f) =>
      t.mul(
        weights.reduce(
          (sum, weight, i) => t.add(sum, t.scale(weight, at(i, f))),
          t.constant(background * at(points.length, f)),
        ),
        t.power(total, -1),
      ),
    );
  };

const cloudPoints = [
  [0.5, 0.5, -0.25],
  [-0.5, 0.25, 0],
  [0, -0.75, 0.5],
  [0.25, 0.75, 0.75],
  [-0.75, -0.5, -0.5],
];

/** The distance of each point to its second nearest neighbour. */
const secondDistances = cloudPoints.map(
  point =>
    cloudPoints
      .map(other => Math.hypot(...point.map((p, i) => p - (other[i] as number))))
      .sort((a, b) => a - b)[2] as number,
);

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
    name: 'Fourier features with the sines first',
    spec: fourierFeatures({ frequencies: given, order: 'sines-first' }),
    formula: (t, x, values) => {
      const pairs = fourier(() => given)(t, x, values);
      return [...pairs.filter((_, j) => j % 2 === 1), ...pairs.filter((_, j) => j % 2 === 0)];
    },
  },
  { name: 'one blob', spec: oneBlob({ bins: 4 }), formula: gaussianBlob(4) },
  { name: 'one quartic blob', spec: oneBlob({ bins: 4, kernel: 'quartic' }), formula: quarticBlob(4) },
  {
    name: 'Gaussians at equidistant centres',
    spec: gaussianEmbedding({ features: 3, sigma: 0.7 }),
    formula: superGaussians(3, { sigma: 0.7, b: 1 }),
  },
  {
    name: 'learned super-Gaussians',
    spec: superGaussianEmbedding({ features: 2, sigma: 0.8, b: 1.5, bound: 0.5, learnable: ['sigma', 'b'] }),
    formula: superGaussians(2, { sigma: 0.8, b: 1.5, bound: 0.5 }),
  },
  { name: 'triangle waves', spec: triangleWave({ octaves: 2 }), formula: triangles(2) },
  { name: 'spherical harmonics of one band', spec: sphericalHarmonics({ degree: 1 }), formula: harmonics(1) },
  { name: 'spherical harmonics', spec: sphericalHarmonics({ degree: 4 }), formula: harmonics(4) },
  { name: 'the input', spec: identityEncoding(), formula: (_, x) => [...x] },
  {
    name: 'the input, scaled',
    spec: identityEncoding({ scale: 2, offset: -0.5 }),
    formula: (t, x) => x.map(p => t.add(t.scale(p, 2), t.constant(-0.5))),
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
  {
    name: 'a sparse grid',
    spec: sparseVoxelGrid({ resolution: 3, blockSize: 2, blocks: '58' }),
    formula: table([3], { rowOf: rowInBlocks([0, 2, 7]) }),
  },
  {
    name: 'a smooth sparse grid',
    spec: sparseVoxelGrid({ resolution: 2, blockSize: 2, blocks: '79', features: 1, interpolation: 'smoothstep' }),
    formula: table([2], { features: 1, isSmooth: true, rowOf: rowInBlocks([0, 1, 2, 4, 7]) }),
  },
  {
    name: 'codebooks, soft',
    spec: codebookGrid({ levels: 2, baseResolution: 1, growth: 2, features: 1, bits: 2, assignment: 'soft' }),
    formula: (t, x, values) =>
      table([1, 2], { features: 1 })(t, x, {
        table: softTable(values, { rowsOfLevels: [8, 27], features: 1, bits: 2 }),
      }),
  },
  {
    name: 'packed codebooks',
    spec: packedCodebookGrid({
      levels: 2,
      baseResolution: 1,
      growth: 2,
      features: 1,
      bits: 2,
      interpolation: 'smoothstep',
      indices: packedIndices,
      codebook: packedRows,
    }),
    formula: (t, x) =>
      table([1, 2], { features: 1, isSmooth: true })(t, x, {
        table: packedIndices.map((index, v) => packedRows[(v < 8 ? 0 : 4) + index] as number),
      }),
  },
  {
    name: 'features at points',
    spec: pointFeatures({ points: cloudPoints.flat(), axes: 3, radius: 1.25 }),
    formula: cloud(cloudPoints, [1.25, 1.25, 1.25, 1.25, 1.25], 0.01, 2),
  },
  {
    name: 'features at points with kernels up to a neighbour',
    spec: pointFeatures({ points: cloudPoints.flat(), axes: 3, neighbours: 2, features: 1, background: 0.5 }),
    formula: cloud(cloudPoints, secondDistances, 0.5, 1),
  },
  {
    name: 'planes, added',
    spec: multiPlane({ resolution: 2 }),
    formula: (t, x, values) =>
      planes(2, 2)(t, x, values).reduce((a, b) => a.map((value, i) => t.add(value, b[i] as TaylorNumber))),
  },
  {
    name: 'planes, multiplied',
    spec: multiPlane({ resolution: 1, features: 1, combination: 'product' }),
    formula: (t, x, values) => planes(1, 1)(t, x, values).reduce((a, b) => timesEach(t, a, b)),
  },
  {
    name: 'planes side by side',
    spec: multiPlane({ resolution: 1, combination: 'concat', planes: [[2, 0]] }),
    formula: (t, x, values) => planes(1, 2, [[2, 0]])(t, x, values).flat(),
  },
  {
    name: 'vectors and matrices',
    spec: vectorMatrix({ resolution: 1, features: 2 }),
    formula: vectorsAndMatrices(1, 2),
  },
  {
    name: 'vectors and matrices, added',
    spec: vectorMatrix({ resolution: 2, features: 1, combination: 'sum' }),
    formula: added(vectorsAndMatrices(2, 1), 1),
  },
];
