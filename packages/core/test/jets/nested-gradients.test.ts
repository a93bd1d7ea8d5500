import '@tensorflow/tfjs-backend-cpu';
import '../../src/gradients.ts';
import { exp, grad, neg, setBackend, square, sum, type Tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createField, laplacian, mlp } from '../../src/index.ts';

it('nested gradients of tfjs are wrong where a gradient saves its output, which is why jets are used', async () => {
  await setBackend('cpu');
  const x = 0.7;
  const bell = (t: Tensor): Tensor => exp(neg(square(t)));
  const nested = grad(t => sum(grad(bell)(t)))(tensor1d([x]));
  const truth = (4 * x * x - 2) * Math.exp(-x * x);
  expect(truth).toBeCloseTo(-0.0245, 4);
  // If this fails, tfjs has been fixed, and READMEs that mention it are out of date.
  expect((await nested.data())[0]).toBeCloseTo(-1.225, 3);

  // The same function as a field: a Gaussian with sigma = 1 / sqrt(2).
  const spec = mlp({
    inFeatures: 1,
    outFeatures: 1,
    hiddenFeatures: 1,
    hiddenLayers: 0,
    activation: { kind: 'gaussian', sigma: Math.SQRT1_2 },
  });
  const one = new Float32Array([1]);
  const zero = new Float32Array([0]);
  const parameters = { 'layers.0.weight': one, 'layers.0.bias': zero, 'layers.1.weight': one, 'layers.1.bias': zero };
  const field = createField(spec, { parameters });
  expect((await laplacian(field, tensor2d([[x]])).data())[0]).toBeCloseTo(truth, 5);
});
