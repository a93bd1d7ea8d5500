/** @file The field jet and its reverse, from tensors to tensors. */
import type { FieldJetNetwork } from '@neural-fields/core/kernels';
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import type { FieldKernels } from '../device/kernels.ts';
import { jetShapeOf } from '../wgsl/jet-rule.ts';
import { type Batch, batchesOf, batchSize, multiplicationsOf, outFeaturesOf } from './batches.ts';
import { type FlatVector, gradientCopies, inputCopies, outputCopies, vectorCopies } from './copies.ts';
import { formatOf } from './format.ts';
import { forwardPart, outputPart } from './forward-plan.ts';
import { joinParts } from './join.ts';
import { parameterRegions } from './regions.ts';
import { givenLastStep, reversePart } from './reverse-plan.ts';

/** A network that was compiled, with a text that no other one has: plans are named by it. */
export interface CompiledNetwork extends FieldJetNetwork {
  readonly key: string;
}

const keyOf = (what: string, { key }: CompiledNetwork, more: readonly (number | boolean)[]): string =>
  `${what} ${more.join()} ${key}`;

/**
 * The jets of a network: value `f32[n, o]`, first `f32[d, n, o]` and second `f32[m, n, o]` as far as the order goes.
 *
 * @param input coordinates `f32[n, d]`, or the jets of an encoding
 */
export const fieldForward = (
  kernels: FieldKernels,
  network: CompiledNetwork,
  input: readonly TensorInfo[],
  parameters: FlatVector,
): TensorInfo[] => {
  const total = (input[0] as TensorInfo).shape[0] as number;
  const o = outFeaturesOf(network);
  const { first, second } = jetShapeOf(network);
  const shapes = [[total, o], ...(first > 0 ? [[first, total, o]] : []), ...(second > 0 ? [[second, total, o]] : [])];
  const outputs = shapes.map(shape => kernels.makeTensor(shape));
  const { style } = kernels;
  const format = formatOf(network, kernels.halfPrecision);
  const regions = parameterRegions(network);
  const batches = batchesOf(total, batchSize(network, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
  // A gradient is being recorded: the reverse pass that follows finds the activations where this leaves them.
  const keeps = engine().state.gradientDepth > 0 && batches.length === 1;
  for (const batch of batches) {
    const points = batch.count;
    kernels.record({
      key: keyOf('jet', network, [points, keeps]),
      plan: () =>
        joinParts(forwardPart(network, regions, { points, keeps, style, format }), outputPart(network, { points, keeps })),
      before: [...inputCopies(network, input, 'input', batch), ...vectorCopies(regions, parameters)],
      after: outputCopies(network, outputs, 'outputs', batch),
      cost: multiplicationsOf(network, points),
    });
  }
  if (keeps) kernels.keep(keyOf('kept', network, []), [...input, parameters.tensor]);
  return outputs;
};

/**
 * The derivatives of a loss with respect to the input and the parameters. Where the activations of the forward pass are still there, it is not
 * worked out again.
 *
 * @param upstream the derivatives with respect to what {@link fieldForward} returned
 * @param gradient gets those with respect to the parameters
 * @returns those with respect to the tensors of the input
 */
export const fieldReverse = (
  kernels: FieldKernels,
  network: CompiledNetwork,
  input: readonly TensorInfo[],
  {
    parameters,
    upstream,
    gradient,
  }: { readonly parameters: FlatVector; readonly upstream: readonly TensorInfo[]; readonly gradient: FlatVector },
): TensorInfo[] => {
  const total = (input[0] as TensorInfo).shape[0] as number;
  const { style } = kernels;
  const format = formatOf(network, kernels.halfPrecision);
  const regions = parameterRegions(network);
  const kept = kernels.keeps(keyOf('kept', network, []), [...input, parameters.tensor]);
  const inputGradients = input.map(({ shape }) => kernels.makeTensor(shape));
  const batches = batchesOf(total, batchSize(network, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
  const workOf = (batch: Batch, isLast: boolean): void => {
    const points = batch.count;
    const continues = batch.start > 0;
    const last = (): ReturnType<typeof givenLastStep> => givenLastStep(network, regions, { points, format });
    kernels.record({
      key: keyOf('jet reverse', network, [points, continues, kept]),
      plan: () =>
        joinParts(
          ...(kept ? [] : [forwardPart(network, regions, { points, keeps: true, style, format })]),
          reversePart(network, regions, { points, style, format, continues, reachesInput: true, last: last() }),
        ),
      before: [
        ...(kept ? [] : [...inputCopies(network, input, 'input', batch), ...vectorCopies(regions, parameters)]),
        ...outputCopies(network, upstream, 'upstream', batch),
      ],
      after: [
        ...inputCopies(network, inputGradients, 'inputGradient', batch),
        ...(isLast ? gradientCopies(regions, gradient) : []),
      ],
      cost: (kept ? 2 : 3) * multiplicationsOf(network, points),
    });
  };
  for (const [index, batch] of batches.entries()) workOf(batch, index === batches.length - 1);
  return inputGradients;
};
