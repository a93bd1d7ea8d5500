import type { GradientOptimizer } from '@neural-fields/core';
import { keep, type Tensor1D } from '@tensorflow/tfjs-core';

/** An optimizer that changes nothing, and keeps the gradient. */
export const gradientReader = (): { readonly optimizer: GradientOptimizer; read(): Promise<Float32Array> } => {
  let seen: Tensor1D | undefined;
  return {
    optimizer: {
      kind: 'gradient-reader',
      learningRate: 0,
      settings: {},
      stateSize: 0,
      update: ({ parameters, gradient }) => {
        seen = keep(gradient.clone());
        return { parameters: parameters.clone(), state: [] };
      },
    },
    read: async () => {
      const values = (await seen?.data()) as Float32Array;
      seen?.dispose();
      return Float32Array.from(values);
    },
  };
};
