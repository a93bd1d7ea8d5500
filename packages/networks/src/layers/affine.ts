import { type LayerContext, linear, type ParameterArray, type Signal } from '@neural-fields/core/layers';

/** U(-bound, bound) for a parameter. */
export const uniformParameter = (
  { parameter }: Pick<LayerContext, 'parameter'>,
  role: string,
  shape: readonly number[],
  bound: number,
): ParameterArray =>
  parameter(role, {
    shape,
    initialise: rng =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => bound * (2 * rng.uniform() - 1)),
  });

/** The bound of PyTorch's default initialisation of a linear layer: 1 / sqrt(inFeatures). */
export const pytorchBound = (inFeatures: number): number => 1 / Math.sqrt(inFeatures);

/** h W + b with PyTorch's default initialisation; the parameters are `<name>weight` and `<name>bias`. */
export const affine = (input: Signal, outFeatures: number, context: LayerContext, name = ''): Signal => {
  const bound = pytorchBound(input.features);
  const weight = uniformParameter(context, `${name}weight`, [input.features, outFeatures], bound);
  return linear(input, weight, uniformParameter(context, `${name}bias`, [outFeatures], bound));
};
