/** @file Runs the forward and the backward pass of a program, from tensors to tensors. */
import { engine, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Copy } from '../device/copy.ts';
import type { FieldKernels } from '../device/kernels.ts';
import { backwardPart } from './backward-plan.ts';
import { type Batch, batchesOfProgram } from './batches.ts';
import { inputCopies, isShared, outputCopies, vectorCopies } from './copies.ts';
import { type FieldProgram, multiplicationsOf, outFeaturesOf } from './field-program.ts';
import { formatOf, type ProgramFormat } from './format.ts';
import { forwardPart, outputPart } from './forward-plan.ts';
import { joinParts } from './join.ts';
import { givenLastStep } from './last-step.ts';
import type { ParameterRegions } from './regions.ts';

const keyOf = (what: string, { key }: FieldProgram, more: readonly (number | boolean)[]): string =>
  `${what} ${more.join()} ${key}`;

/** The number of points of one field. */
export const pointsOf = ([first]: readonly TensorInfo[]): number => first?.shape.at(-2) as number;

/** The batches of all points on a device. */
export const batchesOn = (
  { device, batchBytes }: FieldKernels,
  program: FieldProgram,
  { inputs, format }: { readonly inputs: readonly TensorInfo[]; readonly format: ProgramFormat },
): Batch[] => batchesOfProgram(program, device.limits, { batchBytes, format, points: pointsOf(inputs) });

/** Copies of completed gradients from their buffers to the flat vector: own ones per field, shared ones at the end. */
export const gradientCopies = (
  { shared, own }: ParameterRegions,
  gradient: TensorInfo,
  { batch, isLast }: { readonly batch: Batch; readonly isLast: boolean },
): Copy[] =>
  [...(isLast ? [shared] : []), ...(batch.ends ? [own] : [])].flatMap(({ writes, slots }) =>
    vectorCopies(writes, { tensor: gradient, slot: slots.gradient }, batch),
  );

/**
 * The output jets: value `f32[n, o]`, first `f32[d, n, o]` and second `f32[m, n, o]` up to the requested order.
 *
 * @param regionsOf the parameter layout for a number of fields
 * @param inputs tensors of the program's inputs
 * @param parameters `f32[P]`
 */
export const fieldForward = (
  kernels: FieldKernels,
  program: FieldProgram,
  regionsOf: (fields: number) => ParameterRegions,
  { inputs, parameters }: { readonly inputs: readonly TensorInfo[]; readonly parameters: TensorInfo },
): TensorInfo[] => {
  const total = (program.fields ?? 1) * pointsOf(inputs);
  const o = outFeaturesOf(program);
  const { first, second } = program.jet;
  const shapes = [[total, o], ...(first > 0 ? [[first, total, o]] : []), ...(second > 0 ? [[second, total, o]] : [])];
  const outputs = shapes.map(shape => kernels.makeTensor(shape));
  const { style } = kernels;
  const format = formatOf(program, kernels.halfPrecision);
  const batches = batchesOn(kernels, program, { inputs, format });
  const sharesCoords = isShared(program, inputs[0]);
  // Under a gradient tape a backward pass follows, and can reuse these activations.
  const keeps = engine().state.gradientDepth > 0 && batches.length === 1;
  for (const batch of batches) {
    const points = batch.count;
    const fields = batch.fields.count;
    const regions = regionsOf(fields);
    kernels.record({
      key: keyOf('jet', program, [points, fields, sharesCoords, keeps]),
      plan: () =>
        joinParts(
          forwardPart(program, regions, { points, fields, sharesCoords, keeps, style, format }),
          outputPart(program, { points, keeps }),
        ),
      before: [
        ...inputCopies(program, inputs, 'input', batch),
        ...vectorCopies(regions.reads, { tensor: parameters, slot: 'parameters' }, batch),
      ],
      after: outputCopies(program, outputs, 'outputs', batch),
      cost: multiplicationsOf(program, points),
    });
  }
  if (keeps) kernels.rememberActivations(keyOf('activations', program, []), [...inputs, parameters]);
  return outputs;
};

/**
 * The gradients of a loss with respect to the inputs and the parameters. Recomputes the forward pass unless its
 * activations are still in the arena.
 *
 * @param upstream the gradients of the results of {@link fieldForward}
 * @param gradient receives the gradient of the parameters
 * @returns the gradients of the input tensors
 */
export const fieldBackward = (
  kernels: FieldKernels,
  program: FieldProgram,
  regionsOf: (fields: number) => ParameterRegions,
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
  const { style } = kernels;
  const format = formatOf(program, kernels.halfPrecision);
  const kept = kernels.hasActivations(keyOf('activations', program, []), [...inputs, parameters]);
  const inputGradients = inputs.map(({ shape }) => kernels.makeTensor(shape));
  const batches = batchesOn(kernels, program, { inputs, format });
  const workOf = (batch: Batch, isLast: boolean): void => {
    const points = batch.count;
    const fields = batch.fields.count;
    const regions = regionsOf(fields);
    const continues = { shared: batch.start > 0, own: !batch.begins };
    kernels.record({
      key: keyOf('jet backward', program, [points, fields, continues.shared, continues.own, kept]),
      plan: () => {
        const last = givenLastStep(program, regions, { points, fields, format });
        return joinParts(
          ...(kept ? [] : [forwardPart(program, regions, { points, fields, keeps: true, style, format })]),
          backwardPart(program, regions, { points, fields, style, format, continues, reachesInput: true, last }),
        );
      },
      before: [
        ...(kept
          ? []
          : [
              ...inputCopies(program, inputs, 'input', batch),
              ...vectorCopies(regions.reads, { tensor: parameters, slot: 'parameters' }, batch),
            ]),
        ...outputCopies(program, upstream, 'upstream', batch),
      ],
      after: [
        ...inputCopies(program, inputGradients, 'inputGradient', batch),
        ...gradientCopies(regions, gradient, { batch, isLast }),
      ],
      cost: (kept ? 2 : 3) * multiplicationsOf(program, points),
    });
  };
  for (const [index, batch] of batches.entries()) workOf(batch, index === batches.length - 1);
  return inputGradients;
};
