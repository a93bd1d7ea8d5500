import type { InitialiserDefinition } from './initialiser.ts';
import { fillUniform } from './uniform.ts';

/**
 * U(-1/sqrt(n), 1/sqrt(n)) for n input features: PyTorch's default for the weights (Kaiming uniform with a = sqrt 5)
 * and the biases of a linear layer. The SIREN code keeps it for the biases.
 */
export const pytorchLinear: InitialiserDefinition<{ readonly kind: 'pytorch-linear' }> = {
  kind: 'pytorch-linear',
  fill: (values, _spec, { inFeatures }, rng) => fillUniform(values, 1 / Math.sqrt(inFeatures), rng),
};
