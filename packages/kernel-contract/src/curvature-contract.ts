/**
 * @file The contract for products with second derivatives in the parameters: a backend agrees with the composed
 *   evaluation, and computes them in its kernels.
 */
import {
  createField,
  createFieldBatch,
  type Field,
  type FieldBatch,
  type FieldSpec,
  mlp,
  type PointSource,
  pointwiseLoss,
  siren,
  term,
} from '@neural-fields/core';
import { createCurvature, tangentExecutionPlan } from '@neural-fields/core/curvature';
import { charbonnierPenalty } from '@neural-fields/core/elementwise';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import { coreActivations } from '@neural-fields/core/layers';
import { expectCloseInNorm, maxAbsolute } from '@neural-fields/testing';
import {
  engine,
  grad,
  mul,
  setBackend,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { kernelsOf, measuredWeight, pointsFor } from './measure.ts';
import { extensions, type NetworkCase, networks, specOf } from './networks.ts';

/** Options of the contract. */
export interface CurvatureContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /** False where networks are slow to compile: then fewer of them are run. */
  readonly exhaustive: boolean;
}

/** The tfjs kernel that core runs for activations outside fused kernels. */
const COMPOSED = 'NeuralFieldsActivationJet';

/** Nested sums in a different order: a few times the tolerance of a gradient. */
const RELATIVE = 2e-4;

/** A loss on every part of the jet. */
const loss = pointwiseLoss({
  errors: [
    { of: 'value', target: 'value' },
    { of: 'gradient', factor: 0.1 },
    { of: 'laplacian', factor: 1e-3 },
  ],
  penalty: charbonnierPenalty(0.5),
});

const sourceOf = ({ inFeatures, outFeatures }: Field | FieldBatch, n: number): PointSource => {
  const coords = pointsFor({ inFeatures } as Field, n);
  const value = Float32Array.from({ length: n * outFeatures }, (_, i) => measuredWeight(i));
  return {
    inFeatures,
    pointsPerStep: n,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(start * inFeatures, (start + count) * inFeatures),
      targets: { value: value.slice(start * outFeatures, (start + count) * outFeatures) },
    }),
  };
};

type Products = Readonly<Record<'gradient' | 'hessian' | 'gaussNewton', Float32Array>>;

/** The products of a model's curvature with a fixed direction. */
const productsOf = async (backend: string, make: () => Field | FieldBatch, points: number): Promise<Products> => {
  await setBackend(backend);
  engine().startScope();
  const model = make();
  const curvature = createCurvature(model, [term({ points: sourceOf(model, points), loss, weight: 0.7 })]);
  const direction = tensor1d(Float32Array.from({ length: curvature.size }, (_, i) => measuredWeight(3 * i)));
  const { product, gradient } = curvature.hessianAndGradient(direction);
  const read = async (tensor: Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;
  const products = {
    gradient: await read(gradient),
    hessian: await read(product),
    gaussNewton: await read(curvature.gaussNewton(direction)),
  };
  curvature.dispose();
  model.dispose();
  engine().endScope();
  return products;
};

/** Compares a backend's products with the composed ones. @returns the kernels that ran */
const expectProducts = async (backend: string, make: () => Field | FieldBatch, points: number): Promise<string[]> => {
  let actual: Products | undefined;
  const kernels = await kernelsOf(async () => {
    actual = await productsOf(backend, make, points);
  });
  const expected = await productsOf('cpu', make, points);
  for (const name of ['gradient', 'hessian', 'gaussNewton'] as const)
    expectCloseInNorm(
      (actual as Products)[name],
      expected[name],
      { absolute: RELATIVE * maxAbsolute(expected[name]) + 1e-5 },
      name,
    );
  return kernels;
};

const expectFused = (kernels: readonly string[]): void => {
  expect(kernels).toContain(PROGRAM_KERNELS.forward);
  expect(kernels).toContain(PROGRAM_KERNELS.backward);
  expect(kernels).not.toContain(COMPOSED);
};

/** Declares the tests in the caller's `describe`. */
export const curvatureContract = ({ backend, exhaustive }: CurvatureContractOptions): void => {
  const fieldOf = (spec: FieldSpec) => (): Field => createField(spec, { seed: 3, extensions });
  // The tangent of a table that is looked up at learned features has operations without kernels.
  const composed = [
    'a table after a network',
    'a smooth table after a network',
    'blocks of a smooth table after a network',
  ];
  const names = exhaustive
    ? Object.keys(networks)
    : ['a residual network', 'selected and shared features', 'a modulation', 'a table in the plane'];

  it.each(names)('agrees with the composed evaluation: %s', async name => {
    const network = networks[name] as NetworkCase;
    const spec = specOf(network);
    const kernels = await expectProducts(backend, fieldOf(spec), Math.min(network.points ?? 37, 40));
    await setBackend(backend);
    const { composed: left } = tangentExecutionPlan(spec, { gradient: true, laplacian: true }, extensions);
    if (composed.includes(name)) {
      expect(left).toContain('custom');
      return;
    }
    expect(left).toEqual([]);
    expectFused(kernels);
  });

  it.each(
    exhaustive ? coreActivations : coreActivations.filter(({ kind }) => ['sine', 'super-gaussian'].includes(kind)),
  )('agrees for $kind with learned parameters', async ({ kind, parameters }) => {
    const learnable = Object.keys(parameters);
    const activation = { kind, ...(learnable.length > 0 && { learnable }) };
    const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 9, hiddenLayers: 1 };
    expectFused(await expectProducts(backend, fieldOf(mlp({ ...size, activation })), 21));
  });

  it.each([
    { what: 'all parameters', own: undefined },
    { what: 'biases', own: [{ role: 'bias' }] },
  ])('agrees for many fields with $what per field', async ({ own }) => {
    const spec = siren({
      inFeatures: 2,
      hiddenFeatures: 11,
      hiddenLayers: 1,
      outFeatures: 2,
      omega0: 5,
      omegaHidden: 5,
    });
    const make = (): FieldBatch => createFieldBatch(spec, { count: exhaustive ? 5 : 2, seed: 4, ...(own && { own }) });
    expectFused(await expectProducts(backend, make, 37));
  });

  it('differentiates a step of gradient descent', async () => {
    await setBackend(backend);
    const field = createField(
      siren({ inFeatures: 2, hiddenFeatures: 11, hiddenLayers: 1, outFeatures: 2, omega0: 5 }),
      {
        seed: 5,
      },
    );
    const curvature = createCurvature(field, [term({ points: sourceOf(field, 20), loss })]);
    const theta = field.layout.join(Object.values(field.parameters));
    const u = tensor1d(Float32Array.from({ length: curvature.size }, (_, i) => measuredWeight(i)));
    const before = engine().memory().numTensors;
    const product = tidy(() => {
      const step = (from: Tensor): Tensor => sub(from, mul(curvature.differentiableGradient(from as Tensor1D), 0.01));
      return grad(from => sum(mul(step(from), u)))(theta);
    });
    const expected = tidy(() => sub(u, mul(curvature.hessian(u), 0.01)));
    expect(engine().memory().numTensors).toBe(before + 2);
    expectCloseInNorm(await product.data(), await expected.data(), { relative: 1e-6 });
    curvature.dispose();
  });

  it('leaks no tensors', async () => {
    const spec = siren({ inFeatures: 2, hiddenFeatures: 11, hiddenLayers: 1, outFeatures: 2, omega0: 5 });
    await productsOf(backend, fieldOf(spec), 20);
    const before = engine().memory().numTensors;
    await productsOf(backend, fieldOf(spec), 20);
    expect(engine().memory().numTensors).toBe(before);
  });
};
