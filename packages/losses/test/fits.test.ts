/** @file Small fits with a known solution, which each loss must recover. */
import '@tensorflow/tfjs-backend-wasm';
import {
  adam,
  cosine,
  createField,
  createRng,
  type Field,
  type FitOptions,
  fit,
  type JetSource,
  type PointBatch,
  type PointLoss,
  type PointSource,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { ready, setBackend, sub, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  boxFactor,
  charbonnier,
  compositeGradients,
  constrainedField,
  dirichlet,
  gaussianSource,
  hardBoundary,
  helmholtz,
  helmholtzInversion,
  huber,
  mae,
  mse,
  offsetFit,
  pdeResidual,
  perfectlyMatchedLayer,
  poissonGradient,
  poissonLaplacian,
  receiverMisfit,
  sobolev,
  squared,
  squaredSlownessOf,
  wave,
  waveStart,
  withTargets,
} from '../src/index.ts';

beforeAll(async () => {
  await setBackend('wasm');
  await ready();
});

/** The same points in every step. */
const fixedPoints = (coords: readonly (readonly number[])[]): PointSource => ({
  inFeatures: coords[0]?.length ?? 0,
  pointsPerStep: coords.length,
  fixed: true,
  draw: (start, count): PointBatch => ({ coords: Float32Array.from(coords.slice(start, start + count).flat()) }),
});

const line = (count: number, from = -1, to = 1): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const grid = (ys: readonly number[], xs: readonly number[]): number[][] => ys.flatMap(y => xs.map(x => [y, x]));

/** A target computed from each point. */
const each =
  (width: number, f: (point: readonly number[]) => readonly number[]) =>
  (coords: Float32Array): Float32Array =>
    Float32Array.from(
      Array.from({ length: coords.length / width }, (_, i) => f([...coords.slice(i * width, (i + 1) * width)])).flat(),
    );

const net = (inFeatures: number, outFeatures: number, omega0: number, hiddenLayers = 1): Field =>
  createField(siren({ inFeatures, outFeatures, hiddenFeatures: 24, hiddenLayers, omega0, omegaHidden: 6 }), {
    seed: 4,
  });

const run = async (field: Field, terms: readonly Term[], steps: number, learningRate = 3e-3): Promise<void> => {
  const options: FitOptions = { steps, optimizer: adam({ learningRate }), schedule: cosine(0.01), reportEvery: steps };
  for await (const { loss } of fit(field, terms, options)) expect(Number.isFinite(loss)).toBe(true);
};

const valuesAt = async (field: JetSource, points: readonly (readonly number[])[]): Promise<number[]> =>
  Array.from(await field.jet(tensor2d(points.map(p => [...p])), {}).value.data());

/** The root mean square error relative to that of the truth. */
const relativeRms = (actual: ArrayLike<number>, truth: readonly number[]): number =>
  Math.sqrt(
    truth.reduce((sum, t, i) => sum + ((actual[i] as number) - t) ** 2, 0) / truth.reduce((sum, t) => sum + t ** 2, 0),
  );

describe('Poisson', () => {
  const f = (y: number, x: number): number => Math.sin(3 * x) * Math.cos(2 * y);
  const gradient = (y: number, x: number): number[] => [
    -2 * Math.sin(3 * x) * Math.sin(2 * y),
    3 * Math.cos(3 * x) * Math.cos(2 * y),
  ];
  const image = grid(line(16), line(16));
  const truth = image.map(([y, x]) => f(y as number, x as number) + 5);

  it('recovers an image from its gradient, up to a constant', async () => {
    const field = net(2, 1, 4);
    const points = withTargets(fixedPoints(image), coords => ({
      gradient: each(2, ([y, x]) => gradient(y as number, x as number))(coords),
    }));
    await run(field, [term({ points, derivatives: { gradient: true }, loss: poissonGradient() })], 200);
    const values = await valuesAt(field, image);
    expect(Math.abs(offsetFit(values, truth).offset[0] as number)).toBeGreaterThan(3);
    const deviations = truth.map(t => t - 5);
    expect(relativeRms(offsetFit(values, deviations).values, deviations)).toBeLessThan(0.02);
    field.dispose();
  });

  it('recovers a blend of two images from the blend of their gradients', async () => {
    const field = net(2, 1, 4);
    const other = (y: number, x: number): number[] => [x, y]; // of x y
    const points = withTargets(fixedPoints(image), coords => ({
      gradient: compositeGradients(
        [
          each(2, ([y, x]) => gradient(y as number, x as number))(coords),
          each(2, ([y, x]) => other(y as number, x as number))(coords),
        ],
        [0.3, 0.7],
      ),
    }));
    const loss = poissonGradient();
    await run(field, [term({ points, loss })], 200);
    const blend = image.map(([y, x]) => 0.3 * f(y as number, x as number) + 0.7 * (y as number) * (x as number));
    expect(relativeRms(offsetFit(await valuesAt(field, image), blend).values, blend)).toBeLessThan(0.03);
    field.dispose();
  });

  it('recovers an image from its Laplacian and its values on the edge', async () => {
    const field = net(2, 1, 4);
    const edge = image.filter(point => point.some(x => Math.abs(x) === 1));
    const inside = withTargets(fixedPoints(image), coords => ({
      laplacian: each(2, ([y, x]) => [-13 * f(y as number, x as number)])(coords),
    }));
    const border = withTargets(fixedPoints(edge), coords => ({
      value: each(2, ([y, x]) => [f(y as number, x as number)])(coords),
    }));
    const terms = [
      term({
        name: 'laplacian',
        points: inside,
        derivatives: { laplacian: true },
        loss: poissonLaplacian(),
        weight: 0.01,
      }),
      term({ name: 'edge', points: border, loss: dirichlet({ penalty: squared }) }),
    ];
    await run(field, terms, 250);
    const exact = image.map(([y, x]) => f(y as number, x as number));
    expect(relativeRms(await valuesAt(field, image), exact)).toBeLessThan(0.05);
    field.dispose();
  });
});

it('Sobolev supervision needs fewer points than values alone', async () => {
  const f = (x: number): number => Math.sin(7 * x);
  const few = line(5).map(x => [x]);
  const all = line(101).map(x => [x]);
  const truth = all.map(([x]) => f(x as number));
  const errorOf = async (gradientWeight: number): Promise<number> => {
    const field = net(1, 1, 8);
    const points = withTargets(fixedPoints(few), coords => ({
      value: each(1, ([x]) => [f(x as number)])(coords),
      gradient: each(1, ([x]) => [7 * Math.cos(7 * (x as number))])(coords),
    }));
    const loss = sobolev({ gradientWeight });
    await run(field, [term({ points, loss })], 300);
    const error = relativeRms(await valuesAt(field, all), truth);
    field.dispose();
    return error;
  };
  const [value, both] = [await errorOf(0), await errorOf(0.1)];
  expect(both).toBeLessThan(value / 2);
  expect(both).toBeLessThan(0.5);
});

it('robust losses ignore outliers that bias the squared error', async () => {
  const f = (x: number): number => Math.sin(4 * x);
  const all = line(64).map(x => [x]);
  const truth = all.map(([x]) => f(x as number));
  const errorOf = async (loss: PointLoss): Promise<number> => {
    const field = net(1, 1, 4, 0);
    // Every eighth value is an outlier, always too large.
    const points = withTargets(fixedPoints(all), coords => ({
      value: coords.map((x, i) => f(x) + (i % 8 === 3 ? 4 : 0)),
    }));
    await run(field, [term({ points, loss })], 300);
    const error = relativeRms(await valuesAt(field, all), truth);
    field.dispose();
    return error;
  };
  const square = await errorOf(mse());
  expect(square).toBeGreaterThan(0.4);
  for (const loss of [mae(), huber({ delta: 0.1 }), charbonnier({ epsilon: 0.05 })])
    expect(await errorOf(loss)).toBeLessThan(square / 4);
});

it('solves u_xx = -pi^2 sin(pi x) with a hard boundary and no boundary term', async () => {
  const field = net(1, 1, 4);
  const factor = boxFactor([[-1, 1]]);
  const derivatives = { laplacian: true } as const;
  const residual = pdeResidual<typeof derivatives>(({ laplacian }, _, { source }) =>
    sub(laplacian, source as typeof laplacian),
  );
  const loss = hardBoundary(residual, { derivatives, factor });
  const points = withTargets(fixedPoints(line(32).map(x => [x])), coords => ({
    source: each(1, ([x]) => [-(Math.PI ** 2) * Math.sin(Math.PI * (x as number))])(coords),
  }));
  await run(field, [term({ points, loss })], 300);
  const solution = constrainedField(field, { factor });
  const at = line(41).map(x => [x]);
  const truth = at.map(([x]) => Math.sin(Math.PI * (x as number)));
  expect(relativeRms(await valuesAt(solution, at), truth)).toBeLessThan(0.01);
  expect(Math.max(...(await valuesAt(solution, [[-1], [1]])).map(Math.abs))).toBe(0);
  field.dispose();
});

it("recovers d'Alembert's solution cos(pi t) sin(pi x) of the wave equation from the initial conditions", async () => {
  const field = net(2, 1, 4);
  const inside = grid(line(12, 0, 1), line(16));
  const start = line(24).map(x => [0, x]);
  const ends = grid(line(12, 0, 1), [-1, 1]);
  const exact = ([t, x]: readonly number[]): number =>
    Math.cos(Math.PI * (t as number)) * Math.sin(Math.PI * (x as number));
  const equation = wave({ spaceDimensions: 1, penalty: squared });
  const initial = waveStart({ velocityWeight: 0.1, penalty: squared });
  const withValue = (points: number[][]): PointSource =>
    withTargets(fixedPoints(points), coords => ({ value: each(2, p => [exact(p)])(coords) }));
  const terms = [
    term({ name: 'equation', points: fixedPoints(inside), loss: equation, weight: 0.01 }),
    term({ name: 'start', points: withValue(start), loss: initial }),
    term({ name: 'ends', points: withValue(ends), loss: dirichlet({ penalty: squared }) }),
  ];
  await run(field, terms, 400);
  expect(relativeRms(await valuesAt(field, inside), inside.map(exact))).toBeLessThan(0.05);
  field.dispose();
});

describe('the Helmholtz equation in one dimension', () => {
  const K = 6;
  const VARIANCE = 0.01;
  const points = line(96).map(x => [x]);

  /**
   * The outgoing wave of a Gaussian source: u(x) = integral of G(x - y) s(y), with G(r) = i exp(-i k |r|) / (2 k),
   * summed on a fine grid.
   */
  const outgoing = (x: number): [number, number] => {
    const step = 0.002;
    let [real, imaginary] = [0, 0];
    for (let y = -1; y <= 1; y += step) {
      const source = 20 * Math.exp(-(y ** 2) / (2 * VARIANCE)) * step;
      real += (source * Math.sin(K * Math.abs(x - y))) / (2 * K);
      imaginary += (source * Math.cos(K * Math.abs(x - y))) / (2 * K);
    }
    return [real, imaginary];
  };

  it('finds the outgoing wave of a source, absorbed by the layer', async () => {
    const field = net(1, 2, 6);
    const loss = helmholtz({ wavenumber: K, absorbing: perfectlyMatchedLayer(), inFeatures: 1, penalty: squared });
    const source = withTargets(fixedPoints(points), coords => ({
      source: gaussianSource(coords, { centres: [[0]], variance: VARIANCE, amplitude: [1, 0], peak: 20 }),
    }));
    const middle = line(41, -0.5, 0.5);
    const truth = middle.flatMap(outgoing);
    const errorNow = async (): Promise<number> =>
      relativeRms(
        await valuesAt(
          field,
          middle.map(x => [x]),
        ),
        truth,
      );
    const before = await errorNow();
    await run(field, [term({ points: source, loss })], 400);
    const after = await errorNow();
    expect(before).toBeGreaterThan(0.9);
    expect(after).toBeLessThan(0.1);
    field.dispose();
  });

  it('finds an unknown medium from a wave observed everywhere', async () => {
    const field = net(1, 3, 6);
    const inside = line(48, -0.5, 0.5).map(x => [x]);
    // In a medium with m = 1.44 a wave of wavenumber k is exp(-1.2 i k x).
    const observed = withTargets(fixedPoints(inside), coords => ({
      receivers: each(1, ([x]) => [Math.cos(1.2 * K * (x as number)), -Math.sin(1.2 * K * (x as number))])(coords),
    }));
    const equation = helmholtzInversion({
      wavenumber: K,
      absorbing: null,
      source: null,
      inFeatures: 1,
      penalty: squared,
    });
    const terms = [
      term({ name: 'equation', points: fixedPoints(inside), loss: equation, weight: 1e-3 }),
      term({ name: 'receivers', points: observed, loss: receiverMisfit({ penalty: squared }) }),
    ];
    await run(field, terms, 400);
    const coords = tensor2d(inside);
    const m = await squaredSlownessOf(field.evaluate(coords), coords).data();
    expect(
      relativeRms(
        m,
        inside.map(() => 1.44),
      ),
    ).toBeLessThan(0.1);
    field.dispose();
  });
});

it('withTargets draws the points of the source unchanged', () => {
  const drawn: number[] = [];
  const source: PointSource = {
    inFeatures: 1,
    pointsPerStep: 2,
    fixed: false,
    draw: (start, count, rng) => {
      drawn.push(start);
      return {
        coords: Float32Array.from({ length: count }, () => rng.uniform()),
        targets: { value: new Float32Array(count) },
      };
    },
  };
  const points = withTargets(source, coords => ({ double: coords.map(x => 2 * x) }));
  const { coords, targets } = points.draw(3, 2, createRng(1), { step: 1, steps: 1 });
  expect(drawn).toEqual([3]);
  expect([points.inFeatures, points.pointsPerStep, points.fixed]).toEqual([1, 2, false]);
  expect(targets).toEqual({ value: new Float32Array(2), double: coords.map(x => 2 * x) });
});
