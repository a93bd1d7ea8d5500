/**
 * @file The contract of every loss on every backend: it has the values of its float64 formula, and the gradients of
 *   that formula with respect to the jet.
 */
import { createRng, type DerivativeRequest, type Jet, type PointLoss, type TensorBatch } from '@neural-fields/core';
import { ELEMENTWISE, expectCloseInNorm } from '@neural-fields/testing';
import { engine, mean, ready, scalar, setBackend, sub, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as everything from '../src/index.ts';
import {
  binaryCrossEntropy,
  charbonnier,
  dirichlet,
  divergencePenalty,
  eikonal,
  eikonalSdf,
  frobeniusHessian,
  helmholtz,
  helmholtzInversion,
  huber,
  mae,
  mse,
  neumann,
  normalAlignment,
  offSurface,
  onSurface,
  pdeResidual,
  perfectlyMatchedLayer,
  poisson,
  poissonGradient,
  poissonLaplacian,
  receiverMisfit,
  signAgnosticDistance,
  slownessMisfit,
  sobolev,
  squared,
  totalVariation,
  truncatedDistance,
  wave,
  waveStart,
} from '../src/index.ts';
import { flatJet, formOf, type PointJet, tensorJet } from './oracle.ts';

/** The input of a formula: one point. */
interface Point {
  readonly jet: PointJet;
  readonly x: readonly number[];
  readonly targets: Readonly<Record<string, readonly number[]>>;
}

/** A loss, and a formula that gives its values at one point; the loss is their mean. */
interface Case {
  readonly name: string;
  readonly loss: object;
  readonly derivatives?: DerivativeRequest;
  readonly outputs: number;
  readonly coordinates?: number;
  /** The widths of the targets. */
  readonly targets?: Readonly<Record<string, number>>;
  readonly formula: (point: Point) => number[];
}

const at = (values: readonly number[] | undefined, index: number): number => values?.[index] as number;

const errors = ({ jet, targets }: Point, name = 'value'): number[] => jet.value.map((v, o) => v - at(targets[name], o));

const squaredGradient = ({ jet, targets }: Point): number[] =>
  jet.value.map((_, o) =>
    jet.gradient.reduce(
      (sum, row, k) => sum + (at(row, o) - at(targets['gradient'], k * jet.value.length + o)) ** 2,
      0,
    ),
  );

const laplacianOf = ({ jet }: Point): number[] =>
  formOf(
    jet,
    jet.gradient.map(() => 1),
  );

const huberOf = (e: number, delta: number): number =>
  Math.abs(e) <= delta ? e ** 2 / 2 : delta * (Math.abs(e) - delta / 2);

/** The length of the gradient of each output. */
const lengthsOf = ({ jet }: Point): number[] =>
  jet.value.map((_, o) => Math.hypot(...jet.gradient.map(row => at(row, o))));

/** The cosines between the gradient of each output and the normal. */
const cosinesOf = (p: Point): number[] => {
  const normal = p.targets['normal'] ?? [];
  return lengthsOf(p).map(
    (length, o) =>
      p.jet.gradient.reduce((sum, row, k) => sum + at(row, o) * at(normal, k), 0) / length / Math.hypot(...normal),
  );
};

const isOn = ({ targets }: Point): boolean => at(targets['surface'], 0) === 1;

const clamp = (x: number, low: number, high: number): number => Math.max(low, Math.min(high, x));

type Pair = readonly [number, number];
const product = ([a, b]: Pair, [c, d]: Pair): Pair => [a * c - b * d, a * d + b * c];
const quotient = (a: Pair, [c, d]: Pair): Pair => product(a, [c / (c * c + d * d), -d / (c * c + d * d)]);
const total = (...pairs: Pair[]): Pair => pairs.reduce(([a, b], [c, d]) => [a + c, b + d]);

/** The stretching 1 - i a (l / L)^2. */
const stretch = (x: number, strength = 5, width = 0.5): Pair => [
  1,
  -strength * (Math.max(Math.abs(x) - (1 - width), 0) / width) ** 2,
];

/** The residual with numerical derivatives of the coefficients: d/dx (A u_x) = A u_xx + A_x u_x. */
const helmholtzFormula = ({ jet, x, targets }: Point, wavenumber: number, m: number, waves: number): number[] => {
  const [px, py] = x as [number, number];
  const derivative = (f: (h: number) => Pair): Pair => {
    const [a, b] = [f(1e-6), f(-1e-6)];
    return [(a[0] - b[0]) / 2e-6, (a[1] - b[1]) / 2e-6];
  };
  const alongX = (h: number): Pair => quotient(stretch(py), stretch(px + h));
  const alongY = (h: number): Pair => quotient(stretch(px), stretch(py + h));
  const all = product(stretch(px), stretch(py));
  return Array.from({ length: waves }, (_, s) => {
    const pair = (values: readonly number[] | undefined): Pair => [at(values, 2 * s), at(values, 2 * s + 1)];
    const reaction = product([m * wavenumber ** 2, 0], product(all, pair(jet.value)));
    const source = pair(targets['source'] ?? Array.from({ length: 2 * waves }, () => 0));
    return total(
      product(alongX(0), pair(jet.hessian[0]?.[0])),
      product(derivative(alongX), pair(jet.gradient[0])),
      product(alongY(0), pair(jet.hessian[1]?.[1])),
      product(derivative(alongY), pair(jet.gradient[1])),
      reaction,
      [-source[0], -source[1]],
    );
  }).flat();
};

const inside = (x: readonly number[]): boolean => x.every(c => Math.abs(c) <= 0.75);

const cases: readonly Case[] = [
  { name: 'mse', loss: mse(), outputs: 2, targets: { value: 2 }, formula: p => errors(p).map(e => e ** 2) },
  {
    name: 'mse with a mask',
    loss: mse({ weight: 'mask' }),
    outputs: 2,
    targets: { value: 2, mask: 1 },
    formula: p => errors(p).map(e => e ** 2 * at(p.targets['mask'], 0)),
  },
  {
    name: 'mae with a weight for each output',
    loss: mae({ target: 'colour', weight: 'weight' }),
    outputs: 2,
    targets: { colour: 2, weight: 2 },
    formula: p => errors(p, 'colour').map((e, o) => Math.abs(e) * at(p.targets['weight'], o)),
  },
  {
    name: 'huber',
    loss: huber({ delta: 0.7 }),
    outputs: 2,
    targets: { value: 2 },
    formula: p => errors(p).map(e => huberOf(e, 0.7)),
  },
  {
    name: 'charbonnier',
    loss: charbonnier({ epsilon: 0.1 }),
    outputs: 1,
    targets: { value: 1 },
    formula: p => errors(p).map(e => Math.sqrt(e ** 2 + 0.01)),
  },
  {
    name: 'totalVariation',
    loss: totalVariation(),
    outputs: 2,
    formula: ({ jet }) =>
      jet.value.map((_, o) => jet.gradient.reduce((sum, row) => sum + Math.abs(at(row, o)) / jet.gradient.length, 0)),
  },
  {
    name: 'totalVariation of the sum of the channels',
    loss: totalVariation({ channels: 'summed' }),
    outputs: 2,
    formula: ({ jet }) => jet.gradient.map(row => Math.abs(row.reduce((sum, each) => sum + each, 0))),
  },
  {
    name: 'frobeniusHessian of all channels',
    loss: frobeniusHessian({ channels: 'joint' }),
    outputs: 2,
    formula: ({ jet }) => [Math.hypot(...jet.hessian.flat(2))],
  },
  {
    name: 'frobeniusHessian',
    loss: frobeniusHessian(),
    outputs: 2,
    formula: ({ jet }) => jet.value.map((_, o) => Math.hypot(...jet.hessian.flatMap(row => row.map(h => at(h, o))))),
  },
  {
    name: 'sobolev',
    loss: sobolev({ valueWeight: 2, gradientWeight: 0.1 }),
    outputs: 2,
    targets: { value: 2, gradient: 4 },
    formula: p => squaredGradient(p).map((g, o) => 2 * at(errors(p), o) ** 2 + 0.1 * g),
  },
  { name: 'poissonGradient', loss: poissonGradient(), outputs: 2, targets: { gradient: 4 }, formula: squaredGradient },
  {
    name: 'poissonLaplacian',
    loss: poissonLaplacian(),
    outputs: 2,
    targets: { laplacian: 2 },
    formula: p => laplacianOf(p).map((l, o) => (l - at(p.targets['laplacian'], o)) ** 2),
  },
  {
    name: 'poisson',
    loss: poisson({ gradientWeight: 3, laplacianWeight: 0.5 }),
    outputs: 1,
    targets: { gradient: 2, laplacian: 1 },
    formula: p =>
      squaredGradient(p).map((g, o) => 3 * g + 0.5 * (at(laplacianOf(p), o) - at(p.targets['laplacian'], o)) ** 2),
  },
  {
    name: 'dirichlet, squared',
    loss: dirichlet({ penalty: squared }),
    outputs: 1,
    targets: { value: 1 },
    formula: p => errors(p).map(e => e ** 2),
  },
  {
    name: 'neumann along a coordinate',
    loss: neumann({ axis: 1, target: 'flux' }),
    outputs: 2,
    targets: { flux: 2 },
    formula: ({ jet, targets }) => jet.value.map((_, o) => Math.abs(at(jet.gradient[1], o) - at(targets['flux'], o))),
  },
  {
    name: 'neumann along a normal',
    loss: neumann({ normal: 'normal' }),
    outputs: 2,
    targets: { normal: 2 },
    formula: ({ jet, targets }) =>
      jet.value.map((_, o) =>
        Math.abs(jet.gradient.reduce((sum, row, k) => sum + at(row, o) * at(targets['normal'], k), 0)),
      ),
  },
  {
    name: 'pdeResidual',
    loss: pdeResidual<{ second: readonly [readonly number[], readonly number[]] }>(({ second: [tt, xx] }) =>
      sub(tt, xx),
    ),
    derivatives: {
      second: [
        [1, 0],
        [0, 1],
      ],
    },
    outputs: 1,
    formula: ({ jet }) => formOf(jet, [1, -1]).map(r => r ** 2),
  },
  {
    name: 'helmholtz in its absorbing layer',
    loss: helmholtz({ wavenumber: 3, absorbing: perfectlyMatchedLayer(), source: null, squaredSlowness: 'm' }),
    outputs: 4,
    targets: { m: 1 },
    formula: p => helmholtzFormula(p, 3, at(p.targets['m'], 0), 2).map(Math.abs),
  },
  {
    name: 'helmholtz with a source',
    loss: helmholtz({ wavenumber: 3, absorbing: perfectlyMatchedLayer(), onSourceWeight: 50, offSourceWeight: 2 }),
    outputs: 2,
    targets: { source: 2 },
    formula: p => helmholtzFormula(p, 3, 1, 1).map((r, o) => Math.abs(r) * (at(p.targets['source'], o) === 0 ? 2 : 50)),
  },
  {
    name: 'helmholtzInversion',
    loss: helmholtzInversion({ wavenumber: 3, absorbing: perfectlyMatchedLayer(), onSourceWeight: 5 }),
    outputs: 3,
    targets: { source: 2 },
    formula: p => {
      const m = inside(p.x) ? Math.max(1 + at(p.jet.value, 2), 1e-3) : 1;
      return helmholtzFormula(p, 3, m, 1).map((r, o) => Math.abs(r) * (at(p.targets['source'], o) === 0 ? 1 : 5));
    },
  },
  {
    name: 'receiverMisfit',
    loss: receiverMisfit(),
    outputs: 3,
    targets: { receivers: 2 },
    formula: ({ jet, targets }) => [0, 1].map(o => Math.abs(at(jet.value, o) - at(targets['receivers'], o))),
  },
  {
    name: 'slownessMisfit',
    loss: slownessMisfit(),
    outputs: 3,
    targets: { squaredSlowness: 1 },
    formula: ({ jet, targets }) => [Math.abs(1 + at(jet.value, 2) - at(targets['squaredSlowness'], 0))],
  },
  {
    name: 'wave',
    loss: wave({ speed: 1.5 }),
    outputs: 1,
    coordinates: 3,
    formula: ({ jet }) => formOf(jet, [1, -2.25, -2.25]).map(Math.abs),
  },
  {
    name: 'wave in a medium',
    loss: wave({ spaceDimensions: 1, squaredSlowness: 'm' }),
    outputs: 2,
    targets: { m: 1 },
    formula: ({ jet, targets }) => formOf(jet, [1, -1 / at(targets['m'], 0)]).map(Math.abs),
  },
  {
    name: 'waveStart',
    loss: waveStart({ velocity: 'velocity', valueWeight: 200, velocityWeight: 20 }),
    outputs: 1,
    targets: { value: 1, velocity: 1 },
    formula: p => [
      200 * Math.abs(at(errors(p), 0)) + 20 * Math.abs(at(p.jet.gradient[0], 0) - at(p.targets['velocity'], 0)),
    ],
  },
  {
    name: 'waveStart at rest',
    loss: waveStart(),
    outputs: 1,
    targets: { value: 1 },
    formula: p => [Math.abs(at(errors(p), 0)) + Math.abs(at(p.jet.gradient[0], 0))],
  },
  {
    name: 'onSurface',
    loss: onSurface(),
    outputs: 1,
    targets: { surface: 1 },
    formula: p => p.jet.value.map(v => (isOn(p) ? Math.abs(v) : 0)),
  },
  {
    name: 'onSurface at every point',
    loss: onSurface({ surface: null }),
    outputs: 2,
    formula: p => p.jet.value.map(Math.abs),
  },
  {
    name: 'offSurface',
    loss: offSurface({ sharpness: 3 }),
    outputs: 1,
    targets: { surface: 1 },
    formula: p => p.jet.value.map(v => (isOn(p) ? 0 : Math.exp(-3 * Math.abs(v)))),
  },
  {
    name: 'normalAlignment',
    loss: normalAlignment(),
    outputs: 2,
    coordinates: 3,
    targets: { surface: 1, normal: 3 },
    formula: p => cosinesOf(p).map(c => (isOn(p) ? 1 - c : 0)),
  },
  {
    name: 'normalAlignment either way',
    loss: normalAlignment({ surface: null, oriented: false }),
    outputs: 1,
    targets: { normal: 2 },
    formula: p => cosinesOf(p).map(c => 1 - Math.abs(c)),
  },
  { name: 'eikonal', loss: eikonal(), outputs: 2, formula: p => lengthsOf(p).map(length => Math.abs(length - 1)) },
  {
    name: 'eikonal, squared',
    loss: eikonal({ penalty: squared }),
    outputs: 1,
    coordinates: 3,
    formula: p => lengthsOf(p).map(length => (length - 1) ** 2),
  },
  {
    name: 'divergencePenalty',
    loss: divergencePenalty({ max: 3 }),
    outputs: 1,
    coordinates: 3,
    targets: { surface: 1 },
    formula: p => laplacianOf(p).map(l => (isOn(p) ? 0 : clamp(l ** 2, 0.1, 3))),
  },
  {
    name: 'eikonalSdf',
    loss: eikonalSdf({ sharpness: 3 }),
    outputs: 1,
    coordinates: 3,
    targets: { surface: 1, normal: 3 },
    formula: p => {
      const [v, c, length] = [p.jet.value, cosinesOf(p), lengthsOf(p)].map(all => at(all, 0)) as [
        number,
        number,
        number,
      ];
      const own = isOn(p) ? 3000 * Math.abs(v) + 100 * (1 - c) : 100 * Math.exp(-3 * Math.abs(v));
      return [own + 50 * Math.abs(length - 1)];
    },
  },
  {
    name: 'eikonalSdf without normals',
    loss: eikonalSdf({ normal: null, surfaceWeight: 3, offSurfaceWeight: 0.5, eikonalWeight: 0.1, sharpness: 2 }),
    outputs: 1,
    targets: { surface: 1 },
    formula: p => {
      const v = Math.abs(at(p.jet.value, 0));
      return [(isOn(p) ? 3 * v : 0.5 * Math.exp(-2 * v)) + 0.1 * Math.abs(at(lengthsOf(p), 0) - 1)];
    },
  },
  {
    name: 'binaryCrossEntropy',
    loss: binaryCrossEntropy({ scale: -2 }),
    outputs: 2,
    targets: { occupancy: 2 },
    formula: ({ jet, targets }) =>
      jet.value.map((v, o) => {
        const [p, y] = [1 / (1 + Math.exp(2 * v)), at(targets['occupancy'], o)];
        return -y * Math.log(p) - (1 - y) * Math.log(1 - p);
      }),
  },
  {
    name: 'truncatedDistance',
    loss: truncatedDistance({ truncation: 0.8, weight: 'weight' }),
    outputs: 1,
    targets: { sdf: 1, weight: 1 },
    formula: ({ jet, targets }) =>
      jet.value.map((v, o) => {
        const difference = clamp(v / 0.8, -1, 1) - clamp(at(targets['sdf'], o) / 0.8, -1, 1);
        return Math.abs(difference) * at(targets['weight'], o);
      }),
  },
  {
    name: 'signAgnosticDistance',
    loss: signAgnosticDistance(),
    outputs: 1,
    targets: { distance: 1 },
    formula: ({ jet, targets }) => jet.value.map((v, o) => Math.abs(Math.abs(v) - at(targets['distance'], o))),
  },
];

const N = 12;

/** Random points of a case, with values that float32 represents exactly. */
const pointsOf = ({ outputs, coordinates = 2, targets = {} }: Case): Point[] => {
  const rng = createRng(17);
  const draw = (length: number): number[] => Array.from({ length }, () => Math.fround(rng.normal()));
  return Array.from({ length: N }, (_, point) => {
    const hessian = Array.from({ length: coordinates }, () => Array.from({ length: coordinates }, () => draw(outputs)));
    for (let k = 0; k < coordinates; k++)
      for (let l = 0; l < k; l++) (hessian[k] as number[][])[l] = (hessian[l] as number[][])[k] as number[];
    const jet = { value: draw(outputs), gradient: Array.from({ length: coordinates }, () => draw(outputs)), hessian };
    // Sources are 0 at even points, odd points are on the surface, and media are positive.
    const valuesOf = (name: string, width: number): number[] => {
      const values = draw(width);
      if (name === 'source' && point % 2 === 0) return values.map(() => 0);
      if (name === 'surface') return [point % 2];
      if (name === 'occupancy') return values.map(v => Math.fround(Math.min(1, Math.abs(v))));
      return name === 'm' ? values.map(v => Math.fround(0.5 + Math.abs(v))) : values;
    };
    return {
      jet,
      x: Array.from({ length: coordinates }, () => Math.fround(2 * rng.uniform() - 1)),
      targets: Object.fromEntries(Object.entries(targets).map(([name, width]) => [name, valuesOf(name, width)])),
    };
  });
};

const batchOf = (points: readonly Point[]): TensorBatch => ({
  coords: tensor2d(points.map(({ x }) => [...x])),
  targets: Object.fromEntries(
    Object.keys(points[0]?.targets ?? {}).map(name => [
      name,
      tensor2d(points.map(({ targets }) => [...(targets[name] ?? [])])),
    ]),
  ),
});

const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

const requestOf = ({ loss, derivatives }: Case): DerivativeRequest =>
  derivatives ?? (loss as { derivatives?: DerivativeRequest }).derivatives ?? {};

/** The tensors of a jet, by the names of `flatJet`. */
const partsOf = (jet: Jet<DerivativeRequest>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(jet).flatMap(([name, part]: [string, Tensor | Tensor[]]) =>
      Array.isArray(part) ? part.map((form, j) => [`second${j}`, form] as const) : [[name, part] as const],
    ),
  );

/** The value and gradient entries of a jet, in the order of `flatJet`, each with its reader and writer. */
const slotsOf = (jet: PointJet): { part: string; read(): number; write(value: number): void }[] => {
  const slot = (part: string, array: number[], o: number) => ({
    part,
    read: () => array[o] as number,
    write: (value: number) => {
      array[o] = value;
    },
  });
  return [
    ...jet.value.map((_, o) => slot('value', jet.value, o)),
    ...jet.gradient.flatMap(row => row.map((_, o) => slot('gradient', row, o))),
  ];
};

/** The exports that are not losses. All others must have a case in the contract. */
const noLosses: readonly string[] = [
  'absolute',
  'perfectlyMatchedLayer',
  'affineFit',
  'boxFactor',
  'charbonnierPenalty',
  'compositeGradients',
  'constrainedField',
  'gaussianSource',
  'hardBoundary',
  'helmholtzDerivatives',
  'helmholtzResidual',
  'huberPenalty',
  'mixedGradients',
  'occupancyToSdf',
  'offsetFit',
  'penalise',
  'sdfToOccupancy',
  'sdfToSoftOccupancy',
  'sdfToTsdf',
  'separablePolynomial',
  'squared',
  'squaredSlownessOf',
  'timeCurriculum',
  'tsdfToSdf',
  'withTargets',
];

/** The exported losses without a case. The name of a case begins with the name of its loss. */
export const lossesWithoutCase = (): string[] => {
  const covered = new Set(cases.map(({ name }) => /^\w+/.exec(name)?.[0]));
  return Object.keys(everything).filter(name => !noLosses.includes(name) && !covered.has(name));
};

/**
 * Declares the tests of all losses on a backend.
 *
 * @param backend must be registered already
 */
export const lossContract = (backend: string): void => {
  describe(`losses on ${backend}`, () => {
    beforeAll(async () => {
      await setBackend(backend);
      await ready();
    });

    it.each(cases)('$name: values', async testCase => {
      const points = pointsOf(testCase);
      const request = requestOf(testCase);
      const jet = tensorJet(
        points.map(p => p.jet),
        request,
      );
      const losses = (testCase.loss as PointLoss<DerivativeRequest>)(jet, batchOf(points));
      expect(losses.shape[0]).toBe(N);
      // Sums of some ten products: an ulp or two for each.
      expectCloseInNorm(await losses.data(), points.flatMap(testCase.formula), ELEMENTWISE, testCase.name);
    });

    it.each(cases)('$name: gradients', async testCase => {
      const points = pointsOf(testCase);
      const request = requestOf(testCase);
      const jets = points.map(p => p.jet);
      const jet = tensorJet(jets, request);
      const parts = partsOf(jet);
      const names = Object.keys(parts);
      const { grads } = engine().gradients(
        () => mean((testCase.loss as PointLoss<DerivativeRequest>)(jet, batchOf(points))),
        Object.values(parts),
        scalar(1),
        true,
      );
      const actual = Object.fromEntries(
        await Promise.all(
          names.map(async (name, i) => [name, grads[i] ? [...(await (grads[i] as Tensor).data())] : []] as const),
        ),
      );
      const lossNow = (): number => meanOf(points.flatMap(testCase.formula));
      const h = 1e-6;
      /** The formula's derivative when a number of the jet moves, or several of them together. */
      const moved = (write: (by: number) => void): number => {
        write(h);
        const above = lossNow();
        write(-2 * h);
        const below = lossNow();
        write(h);
        return (above - below) / (2 * h);
      };
      const expected: Record<string, number[]> = Object.fromEntries(names.map(name => [name, []]));
      for (const pointJet of jets) {
        for (const { part, read, write } of slotsOf(pointJet))
          if (expected[part]) expected[part].push(moved(by => write(read() + by)));
        const second = pointJet.hessian;
        const move = (k: number, l: number, o: number, by: number): void => {
          const entry = second[k]?.[l] as number[];
          entry[o] = at(entry, o) + by;
        };
        const outputs = pointJet.value.map((_, o) => o);
        const axes = second.map((_, k) => k);
        // Along the first axis alone, which raises the Laplacian as much.
        if (expected['laplacian']) expected['laplacian'].push(...outputs.map(o => moved(by => move(0, 0, o, by))));
        // An off-diagonal pair is one array here: half of the pair's derivative belongs to each.
        if (expected['hessian'])
          for (const k of axes)
            for (const l of axes)
              expected['hessian'].push(...outputs.map(o => moved(by => move(k, l, o, by)) / (k === l ? 1 : 2)));
        // The forms of all losses here are sums over axes of their own: a step along one of these moves that form
        // alone.
        for (const [j, form] of (request.second ?? []).entries()) {
          const axis = (form as readonly number[]).indexOf(1);
          expected[`second${j}`]?.push(...outputs.map(o => moved(by => move(axis, axis, o, by))));
        }
      }
      for (const name of names) {
        const numbers = expected[name] as number[];
        const got = actual[name]?.length ? (actual[name] as number[]) : numbers.map(() => 0);
        // The central difference is right to some 1e-9 of the loss; float32 decides.
        expectCloseInNorm(got, numbers, { relative: 1e-5, absolute: 1e-7 * (1 + Math.abs(lossNow())) }, name);
      }
      expect(Object.keys(flatJet(jets, request)).sort()).toEqual(names.sort());
    });
  });
};
