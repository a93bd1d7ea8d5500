import type { LinearOperation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { isOwnLayer } from '../../wgsl/activations.ts';
import { forwardLayer } from '../../wgsl/forward-layer.ts';
import { type JetFormat, single } from '../../wgsl/jet-format.ts';
import { blockCount, valueOnly } from '../../wgsl/jet-rule.ts';
import { splitsPreActivations } from '../../wgsl/pre-activations.ts';
import { isReversedByField, reverseLayer } from '../../wgsl/reverse-layer.ts';
import { gradientTile, weightGradient } from '../../wgsl/weight-gradient.ts';
import { isCoords, layerOf, padded } from '../field-program.ts';
import type { GradientPlace } from '../regions.ts';
import { pointSums } from './constant.ts';
import { overProduct, workgroupsOf } from './groups.ts';
import type { ForwardPlace, OperationKernels } from './operation-kernels.ts';

/** What is bound for the pre-activations behind a product of matrices. */
export const preActivationBinding = (register: number) => ({
  z: { slot: `z${register}` },
  zDerivatives: { slot: `dz${register}` },
});

const reservePreActivations = ({
  program: { blocks, jet, widths },
  register,
  points,
  format,
  reserve,
}: ForwardPlace): void => {
  const perBlock = points * padded(widths[register] as number);
  const { z, zDerivatives } = preActivationBinding(register);
  const splits = splitsPreActivations(jet, format.format);
  reserve(z.slot, splits ? perBlock : blocks * perBlock);
  if (splits) reserve(zDerivatives.slot, ((blocks - 1) * perBlock) / 2);
};

/**
 * One dispatch forward, with the activation behind; in reverse one towards weight and bias, and one towards the input,
 * with the activation before.
 */
export const linear: OperationKernels<LinearOperation> = {
  forward(operation, place) {
    const { program, regions, register, points, fields, keeps, style, format, slotOf } = place;
    const { inputs, outFeatures, weight, bias } = operation;
    const layer = layerOf(operation, program);
    const keepsZ = keeps && layer.activation.kind !== 'identity';
    if (keepsZ) reservePreActivations(place);
    const learned = regions.learnedOf(operation);
    const formatAt = (at: number): JetFormat => format.registers[at] ?? single;
    const formats = { rows: formatAt(inputs[0]), h: formatAt(register), z: format.format };
    return [
      {
        shader: forwardLayer(layer, program.jet, { keepsPreActivations: keeps, style, formats }),
        ...overProduct(outFeatures, { points, fields, blocks: program.blocks, style, perField: isOwnLayer(layer) }),
        bindings: {
          rows: { slot: slotOf(inputs[0]) },
          weights: regions.bindingOf(weight),
          ...(bias && { bias: regions.bindingOf(bias) }),
          ...(learned && { learnedParameters: learned }),
          ...(keepsZ && preActivationBinding(register)),
          h: { slot: slotOf(register) },
        },
      },
    ];
  },

  reverse(operation, place) {
    const { program, regions, points, fields, style, format, upstream, groupOf, slotOf, productInto } = place;
    const { inputs, outFeatures, weight } = operation;
    const [input] = inputs;
    const { jet, blocks } = program;
    const layer = layerOf(operation, program);
    const { weight: weightPlace, bias: biasPlace } = regions.gradients.get(operation) ?? {};
    const tile = gradientTile(layer, style);
    // The bias is added up with the weight.
    const hasBias = weightPlace !== undefined && biasPlace?.own === weightPlace.own;
    const towardsWeight = (at: GradientPlace): Step => {
      const { slots, parts, rowsPerPart, stride } = groupOf(at);
      const fieldPoints = points / fields;
      return {
        shader: weightGradient({ ...layer, hasBias }, style, { jet, format: format.registers[input] ?? single }),
        sizes: {
          rows: blocks * (at.own ? fieldPoints : points),
          points,
          rowsPerPart,
          stride,
          offset: at.offset,
          fieldPoints,
          parts,
          biasOffset: biasPlace?.offset ?? 0,
        },
        bindings: { rows: { slot: slotOf(input) }, upstream: { slot: upstream }, parts: { slot: slots.parts } },
        groups: [
          Math.ceil(outFeatures / tile.outputs),
          Math.ceil(layer.inFeatures / tile.inputs),
          at.own ? fields * parts : parts,
        ],
      };
    };
    const towardsParameters = [
      ...(weightPlace === undefined ? [] : [towardsWeight(weightPlace)]),
      ...(biasPlace === undefined || hasBias ? [] : [pointSums(outFeatures, biasPlace, place)]),
    ];
    const target = productInto(input);
    if (target === undefined) return towardsParameters;
    // The derivatives of coordinates are constant, so only their values have a gradient.
    const shape = isCoords(program, input) ? valueOnly : jet;
    const { slot, adds, before, learnedSteps } = target;
    const perField = isReversedByField(layer, before?.activation);
    const dispatch = overProduct(layer.inFeatures, { points, fields, blocks: blockCount(shape), style, perField });
    return [
      ...towardsParameters,
      {
        shader: reverseLayer(layer, shape, {
          before: before?.activation,
          style,
          format: before?.format ?? format.format,
          adds,
        }),
        ...dispatch,
        bindings: {
          rows: { slot: upstream },
          weights: regions.bindingOf(weight),
          ...before?.bindings,
          result: { slot },
        },
      },
      ...learnedSteps(workgroupsOf(dispatch)),
    ];
  },
};
