/** @file The gradient of a few known samples' loss, as a differentiable function of the fields' parameters. */
import {
  type DerivativeRequest,
  type Model,
  type PointLoss,
  type PointSource,
  type StepInputs,
  term,
} from '@neural-fields/core';
import { type Curvature, createCurvature } from '@neural-fields/core/curvature';
import type { BatchNetwork } from '@neural-fields/core/kernels';
import { customGrad, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Observation } from '../encoders/encoder.ts';

/**
 * Observations of b signals with k samples each, as inputs: `coords` f32[b, k, d] and `value` f32[b, k, o].
 *
 * @throws RangeError when there is none, or when they differ in their number of samples
 */
export const sampleInputs = (
  observations: readonly Observation[],
  { inFeatures, outFeatures }: { readonly inFeatures: number; readonly outFeatures: number },
): StepInputs => {
  const [first] = observations;
  const count = (first?.coords.length ?? 0) / inFeatures;
  const fits = ({ coords, values }: Observation): boolean =>
    coords.length === count * inFeatures && values.length === count * outFeatures;
  if (!(Number.isInteger(count) && count >= 1 && observations.every(fits)))
    throw new RangeError(
      `meta-learner: the observations must have the same number k of samples, coords [k, ${inFeatures}] and values ` +
        `[k, ${outFeatures}], got ${observations.map(({ coords, values }) => `${coords.length} and ${values.length}`).join(', ') || 'none'}`,
    );
  const join = (name: 'coords' | 'values', width: number): StepInputs[string] => {
    const data = new Float32Array(observations.length * count * width);
    for (const [b, observation] of observations.entries()) data.set(observation[name], b * count * width);
    return { shape: [observations.length, count, width], data };
  };
  return { coords: join('coords', inFeatures), value: join('values', outFeatures) };
};

/** The points of the inputs. */
const pointsOf = (inputs: StepInputs): PointSource => {
  const { coords, value } = inputs;
  if (coords === undefined || value === undefined)
    throw new RangeError(
      `meta-learner: the points of a term must give the inputs coords and value, got ${Object.keys(inputs).join(', ') || 'none'}`,
    );
  const [fields, pointsPerStep, inFeatures] = coords.shape as [number, number, number];
  const part = (array: Float32Array, start: number, count: number): Float32Array => {
    if (count === pointsPerStep) return array;
    const width = array.length / (fields * pointsPerStep);
    const taken = new Float32Array(fields * count * width);
    for (let b = 0; b < fields; b++) {
      const from = (b * pointsPerStep + start) * width;
      taken.set(array.subarray(from, from + count * width), b * count * width);
    }
    return taken;
  };
  return {
    inFeatures,
    pointsPerStep,
    fields,
    fixed: true,
    draw: (start, count) => ({
      coords: part(coords.data, start, count),
      targets: { value: part(value.data, start, count) },
    }),
  };
};

/** What {@link innerGradient} differentiates. */
export interface InnerTask<R extends DerivativeRequest = DerivativeRequest> {
  readonly network: BatchNetwork;
  readonly loss: PointLoss<R>;
  readonly inputs: StepInputs;
  /** Whether the result depends on the parameters for a gradient: MAML's second-order part. */
  readonly isDifferentiable: boolean;
}

/**
 * The gradient of the loss at the known samples with respect to the parameters of all fields: `f32[P]`. Its backward
 * pass is one Hessian-vector product.
 *
 * @param parameters `f32[P]`, in the order of the network's layout
 */
export const innerGradient = (task: InnerTask, parameters: Tensor1D): Tensor1D => {
  const { network, loss, inputs, isDifferentiable } = task;
  const model: Model = {
    layout: network.layout,
    parameters: {},
    description: { kind: 'inner' },
    views: { fields: { network } },
  };
  // The points are uploaded for each product, so that nothing has to be disposed of when the step ends.
  const using = (work: (curvature: Curvature) => Tensor1D): Tensor1D => {
    const curvature = createCurvature(model, [term({ points: pointsOf(inputs), loss })]);
    try {
      return work(curvature);
    } finally {
      curvature.dispose();
    }
  };
  if (!isDifferentiable) return using(curvature => curvature.gradient(parameters));
  const run = customGrad((...given) => {
    const [at, save] = given as object as [Tensor1D, (tensors: Tensor[]) => void];
    save([at]);
    return {
      value: using(curvature => curvature.gradient(at)),
      gradFunc: (upstream: Tensor, [saved]: Tensor[]) =>
        using(curvature => curvature.hessian(upstream as Tensor1D, saved as Tensor1D)),
    };
  });
  return run(parameters) as Tensor1D;
};
