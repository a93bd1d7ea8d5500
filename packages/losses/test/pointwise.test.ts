/** @file Losses that are made from pointwise descriptions carry them, and both compute the same. */
import '@tensorflow/tfjs-backend-cpu';
import {
  createField,
  createRng,
  type DerivativeRequest,
  type PointLoss,
  pointwiseLoss,
  siren,
  type TensorBatch,
} from '@neural-fields/core';
import { expectCloseInNorm } from '@neural-fields/testing';
import { engine, mean, ready, type Scalar, scalar, setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  charbonnier,
  dirichlet,
  huber,
  huberPenalty,
  mae,
  mse,
  onSurface,
  poisson,
  poissonGradient,
  poissonLaplacian,
  sobolev,
  totalVariation,
} from '../src/index.ts';

beforeAll(async () => {
  await setBackend('cpu');
  await ready();
});

const LOSSES: Readonly<Record<string, object>> = {
  mse: mse(),
  'mse of a colour with a weight': mse({ target: 'colour', weight: 'w' }),
  mae: mae(),
  'mae with a weight': mae({ weight: 'w' }),
  huber: huber({ delta: 0.2 }),
  charbonnier: charbonnier({ epsilon: 0.1 }),
  sobolev: sobolev({ valueWeight: 0.5, gradientWeight: 0.01 }),
  dirichlet: dirichlet({ penalty: huberPenalty(0.5) }),
  onSurface: onSurface({ surface: 'w' }),
  'onSurface everywhere': onSurface({ surface: null }),
  totalVariation: totalVariation(),
  poissonGradient: poissonGradient(),
  poissonLaplacian: poissonLaplacian(),
  poisson: poisson({ gradientWeight: 2, laplacianWeight: 0.01 }),
};

const rng = createRng(8);
const numbers = (width: number): Tensor =>
  tensor2d(
    Float32Array.from({ length: 13 * width }, () => 2 * rng.uniform() - 1),
    [13, width],
  );

describe.each(Object.entries(LOSSES))('%s', (_name, loss) => {
  const given = loss as PointLoss<DerivativeRequest> & { readonly derivatives?: DerivativeRequest };

  it('has a pointwise description', () => expect(given.pointwise).toBeDefined());

  it.each([1, 3])('has the loss and gradients of its description with %i outputs', outFeatures => {
    const field = createField(siren({ inFeatures: 2, outFeatures, hiddenFeatures: 8, hiddenLayers: 1, omega0: 3 }), {
      seed: 1,
    });
    const batch = {
      coords: numbers(2),
      targets: {
        value: numbers(outFeatures),
        colour: numbers(outFeatures),
        gradient: numbers(2 * outFeatures),
        laplacian: numbers(outFeatures),
        w: numbers(1),
      },
    } as TensorBatch;
    const step = (one: PointLoss<DerivativeRequest>) =>
      engine().gradients(
        () => mean(one(field.jet(batch.coords, given.derivatives ?? {}), batch)) as Scalar,
        Object.values(field.parameters),
        scalar(1),
        true,
      );
    const [actual, expected] = [
      step(given),
      step(pointwiseLoss(given.pointwise as NonNullable<typeof given.pointwise>)),
    ];
    expectCloseInNorm(actual.value.dataSync() as Float32Array, expected.value.dataSync(), { relative: 1e-5 }, 'loss');
    for (const [index, part] of actual.grads.entries()) {
      // A parameter that the loss does not depend on has no gradient.
      const wanted: Tensor | null | undefined = expected.grads[index];
      expect(Boolean(part)).toBe(Boolean(wanted));
      if (!(part && wanted)) continue;
      const [got, right] = [part, wanted].map(tensor => tensor.dataSync() as Float32Array) as [
        Float32Array,
        Float32Array,
      ];
      expectCloseInNorm(got, right, { relative: 2e-5, absolute: 1e-6 }, `gradient ${index}`);
    }
  });
});
