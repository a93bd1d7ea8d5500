import type { JetSource } from '@neural-fields/core';
import { type Tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** A scalar function of space: a field, or a closed form. */
export interface ScalarFunction {
  /** The values at `coords` f32[n, 3]: f32[n]. */
  evaluate(coords: Float32Array): Float32Array | Promise<Float32Array>;
  /** The gradients at `coords`: f32[n, 3]. Needed for normals. */
  gradient?(coords: Float32Array): Float32Array | Promise<Float32Array>;
}

const read = async (make: () => Tensor): Promise<Float32Array> => {
  const tensor = tidy(make);
  try {
    return (await tensor.data<'float32'>()) as Float32Array;
  } finally {
    tensor.dispose();
  }
};

/**
 * Converts a field with three coordinates and one output to a {@link ScalarFunction} with its exact gradient.
 *
 * @throws RangeError when the field does not have three coordinates, and at the first call if it has more than one
 *   output
 */
export const fieldFunction = (field: JetSource): Required<ScalarFunction> => {
  if (field.inFeatures !== 3)
    throw new RangeError(`fieldFunction: the field must have 3 coordinates, got ${field.inFeatures}`);
  const asTensor = (coords: Float32Array) => tensor2d(coords, [coords.length / 3, 3]);
  const assertScalar = (outputs: number): void => {
    if (outputs !== 1) throw new RangeError(`fieldFunction: the field must have 1 output, got ${outputs}`);
  };
  return {
    evaluate: coords =>
      read(() => {
        const { value } = field.jet(asTensor(coords), {});
        assertScalar(value.shape[1]);
        return value;
      }),
    gradient: coords =>
      read(() => {
        const { gradient } = field.jet(asTensor(coords), { gradient: true });
        assertScalar(gradient.shape[2]);
        return gradient;
      }),
  };
};
