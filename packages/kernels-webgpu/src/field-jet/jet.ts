/** @file A program and its reverse, from tensors to tensors. */
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import type { FieldKernels } from '../device/kernels.ts';
import { type Batch, batchesOf, batchSize } from './batches.ts';
import { inputCopies, outputCopies, vectorCopies } from './copies.ts';
import { type FieldProgram, multiplicationsOf, outFeaturesOf } from './field-program.ts';
import { formatOf } from './format.ts';
import { forwardPart, outputPart } from './forward-plan.ts';
import { joinParts } from './join.ts';
import { givenLastStep } from './last-step.ts';
import type { ParameterRegions } from './regions.ts';
import { reversePart } from './reverse-plan.ts';

const keyOf = (what: string, { key }: FieldProgram, more: readonly (number | boolean)[]): string =>
  `${what} ${more.join()} ${key}`;

/**
 * The jets that come out: value `f32[n, o]`, first `f32[d, n, o]` and second `f32[m, n, o]` as far as the order goes.
 *
 * @param inputs those of the program
 * @param parameters `f32[P]`
 */
export const fieldForward = (
  kernels: FieldKernels,
  program: FieldProgram,
  regions: ParameterRegions,
  { inputs, parameters }: { readonly inputs: readonly TensorInfo[]; readonly parameters: TensorInfo },
): TensorInfo[] => {
  const total = (inputs[0] as TensorInfo).shape[0] as number;
  const o = outFeaturesOf(program);
  const { first, second } = program.jet;
  const shapes = [[total, o], ...(first > 0 ? [[first, total, o]] : []), ...(second > 0 ? [[second, total, o]] : [])];
  const outputs = shapes.map(shape => kernels.makeTensor(shape));
  const { style } = kernels;
  const format = formatOf(program, kernels.halfPrecision);
  const batches = batchesOf(total, batchSize(program, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
  // A gradient is being recorded: the reverse pass that follows finds the activations where this leaves them.
  const keeps = engine().state.gradientDepth > 0 && batches.length === 1;
  for (const batch of batches) {
    const points = batch.count;
    kernels.record({
      key: keyOf('jet', program, [points, keeps]),
      plan: () =>
        joinParts(forwardPart(program, regions, { points, keeps, style, format }), outputPart(program, { points, keeps })),
      before: [...inputCopies(program, inputs, 'input', batch), ...vectorCopies(regions.reads, parameters, 'parameters')],
      after: outputCopies(program, outputs, 'outputs', batch),
      cost: multiplicationsOf(program, points),
    });
  }
  if (keeps) kernels.keep(keyOf('kept', program, []), [...inputs, parameters]);
  return outputs;
};

/**
 * The derivatives of a loss with respect to the inputs and the parameters. Where the activations of the forward pass are still there, it is not
 * worked out again.
 *
 * @param upstream the derivatives with respect to what {@link fieldForward} returned
 * @param gradient gets those with respect to the parameters
 * @returns those with respect to the tensors of the inputs
 */
export const fieldReverse = (
  kernels: FieldKernels,
  program: FieldProgram,
  regions: ParameterRegions,
  {
    inputs,
    parameters,
    upstream,
    gradient,
  }: {
    readonly inputs: readonly TensorInfo[];
    readonly parameters: TensorInfo;
    readonly upstream: readonly TensorInfo[];
    readonly gradient: TensorInfo;
  },
): TensorInfo[] => {
  const total = (inputs[0] as TensorInfo).shape[0] as number;
  const { style } = kernels;
  const format = formatOf(program, kernels.halfPrecision);
  const kept = kernels.keeps(keyOf('kept', program, []), [...inputs, parameters]);
  const inputGradients = inputs.map(({ shape }) => kernels.makeTensor(shape));
  const batches = batchesOf(total, batchSize(program, kernels.device.limits, { batchBytes: kernels.batchBytes, format }));
  const workOf = (batch: Batch, isLast: boolean): void => {
    const points = batch.count;
    const continues = batch.start > 0;
    kernels.record({
      key: keyOf('jet reverse', program, [points, continues, kept]),
      plan: () => {
        const last = givenLastStep(program, regions, { points, format });
        return joinParts(
          ...(kept ? [] : [forwardPart(program, regions, { points, keeps: true, style, format })]),
          reversePart(program, regions, { points, style, format, continues, reachesInput: true, last }),
        );
      },
      before: [
        ...(kept
          ? []
          : [...inputCopies(program, inputs, 'input', batch), ...vectorCopies(regions.reads, parameters, 'parameters')]),
        ...outputCopies(program, upstream, 'upstream', batch),
      ],
      after: [
        ...inputCopies(program, inputGradients, 'inputGradient', batch),
        ...(isLast ? vectorCopies(regions.writes, gradient, 'gradient') : []),
      ],
      cost: (kept ? 2 : 3) * multiplicationsOf(program, points),
    });
  };
  for (const [index, batch] of batches.entries()) workOf(batch, index === batches.length - 1);
  return inputGradients;
};
