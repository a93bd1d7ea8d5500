/** @file Fields of different structure to prune. */
import { createField, type Field, type FieldSpec, mlp, siren } from '@neural-fields/core';
import { type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';

const size = { inFeatures: 2, outFeatures: 2, hiddenFeatures: 7, hiddenLayers: 1 };
const dense = (outFeatures: number, kind = 'tanh') => ({
  kind: 'dense',
  outFeatures,
  activation: { kind },
  weightInitialiser: { kind: 'pytorch-linear' },
  biasInitialiser: { kind: 'pytorch-linear' },
});

/** A residual block whose branches are tied to the layer before. */
const block = (width: number) => ({
  kind: 'sum',
  branches: [{ kind: 'identity' }, { kind: 'chain', layers: [dense(5), dense(width, 'sigmoid')] }],
  coefficients: [1, 0.5],
});

/** Specs by name. */
export const specs: Readonly<Record<string, FieldSpec>> = {
  siren: siren({ ...size, omega0: 6, omegaHidden: 3 }),
  'deeper siren': siren({ ...size, hiddenLayers: 2, omega0: 6, omegaHidden: 2 }),
  gaussian: mlp({ ...size, activation: { kind: 'gaussian', sigma: 0.5 } }),
  relu: mlp({ ...size, activation: { kind: 'relu' } }),
  'learned sine': mlp({ ...size, activation: { kind: 'sine', omega: 2, learnable: ['omega'] } }),
  concat: {
    inFeatures: 2,
    layers: [
      { kind: 'concat', branches: [dense(5, 'sine'), { kind: 'chain', layers: [dense(4), dense(3)] }] } as never,
      dense(6),
      dense(2, 'identity'),
    ],
  },
  residual: { inFeatures: 2, layers: [dense(6), block(6), block(6), dense(2, 'identity')] as never },
  product: {
    inFeatures: 2,
    layers: [
      { kind: 'product', branches: [dense(6, 'sine'), dense(6, 'sigmoid')] } as never,
      dense(5),
      dense(2, 'identity'),
    ],
  },
  'batch normalisation': {
    inFeatures: 2,
    layers: [dense(6), { kind: 'batch-norm' }, dense(5), dense(2, 'identity')] as never,
  },
};

/** A field of a spec. */
export const makeField = (name: string, seed = 1): Field => createField(specs[name] as FieldSpec, { seed });

/** Points in [-1, 1]^2, `f32[n, 2]`. */
export const somePoints = (n = 40): Tensor2D =>
  tensor2d(
    Float32Array.from({ length: 2 * n }, (_, i) => Math.sin(1.7 * i + 0.3 * i * i)),
    [n, 2],
  );
