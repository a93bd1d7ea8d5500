/** @file Type-checks losses in terms: the derivatives of each term and its loss must agree without a cast. */
import '@tensorflow/tfjs-backend-cpu';
import { createField, type PointSource, siren, type Term, term } from '@neural-fields/core';
import { setBackend, sub, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import {
  boxFactor,
  frobeniusHessian,
  hardBoundary,
  helmholtz,
  pdeResidual,
  perfectlyMatchedLayer,
  poissonGradient,
  wave,
} from '../src/index.ts';

beforeAll(() => setBackend('cpu'));

const points: PointSource = {
  inFeatures: 2,
  pointsPerStep: 1,
  fixed: true,
  draw: () => ({ coords: new Float32Array(2) }),
};
const equation = wave({ spaceDimensions: 1 });
const waves = helmholtz({ wavenumber: 2, absorbing: perfectlyMatchedLayer(), source: null });
const hard = hardBoundary(
  pdeResidual(({ laplacian }: { laplacian: Tensor }) => laplacian),
  { derivatives: { laplacian: true }, factor: boxFactor([[-1, 1], null]) },
);

const terms: readonly Term[] = [
  term({ points, derivatives: { gradient: true }, loss: poissonGradient() }),
  term({ points, derivatives: { hessian: true }, loss: frobeniusHessian() }),
  term({
    points,
    derivatives: {
      second: [
        [1, 0],
        [0, 1],
      ],
    },
    loss: pdeResidual(({ second: [tt, xx] }) => sub(tt, xx)),
  }),
  term({
    points,
    derivatives: {
      second: [
        [1, 0],
        [0, 1],
      ],
    },
    loss: wave({ spaceDimensions: 1 }),
  }),
  term({
    points,
    derivatives: {
      gradient: true,
      second: [
        [1, 0],
        [0, 1],
      ],
    },
    loss: waves,
  }),
  term({ points, loss: waves }),
  term({ points, loss: equation }),
  term({ points, loss: hard }),
];

it('terms evaluate their losses with the requested derivatives', () => {
  const field = createField(siren({ inFeatures: 2, outFeatures: 2, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
  const batch = {
    coords: tensor2d([
      [0.1, -0.2],
      [0.9, 0.3],
    ]),
    targets: {
      gradient: tensor2d([
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ]),
    },
  };
  for (const { losses } of terms) expect(losses(field, batch).shape).toEqual([2, 2]);
  field.dispose();
});
