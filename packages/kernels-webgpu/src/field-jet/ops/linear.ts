import type { LinearOperation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { isOwnLayer } from '../../wgsl/activations.ts';
import { backwardLayer, isBackwarddByField } from '../../wgsl/backward-layer.ts';
import { forwardLayer } from '../../wgsl/forward-layer.ts';
import { type JetFormat, single } from '../../wgsl/jet-format.ts';
import { blockCount, valueOnly } from '../../wgsl/jet-rule.ts';
import { splitsPreActivations } from '../../wgsl/pre-activations.ts';
import { gradientTile, weightGradient } from '../../wgsl/weight-gradient.ts';
import { isCoords, layerOf, padded } from '../field-program.ts';
import type { GradientLocation } from '../regions.ts';
import { pointSums } from './constant.ts';
import { overProduct, workgroupsOf } from './groups.ts';
import type { ForwardContext, OperationKernels } from './operation-kernels.ts';

/** The bindings of a linear operation's pre-activations. */
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
}: ForwardContext): void => {
  const perBlock = points * padded(widths[register] as number);
  const { z, zDerivatives } = preActivationBinding(register);
  const splits = splitsPreActivations(jet, format.format);
  reserve(z.slot, splits ? perBlock : blocks * perBlock);
  if (splits) reserve(zDerivatives.slot, ((blocks - 1) * perBlock) / 2);
};

/**
 * Forward, one dispatch including the activation. Backward, one for the gradient of weight and bias, and one for that
 * of the input, including the activation that produced the input.
 */
export const linear: OperationKernels<LinearOperation> = {
  forward(operation, context) {
    const { program, regions, register, points, fields, keeps, style, format, slotOf } = context;
    const { inputs, outFeatures, weight, bias } = operation;
    const layer = layerOf(operation, program);
    const keepsZ = keeps && layer.activation.kind !== 'identity';
    if (keepsZ) reservePreActivations(context);
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

  backward(operation, context) {
    const { program, regions, points, fields, style, format, upstream, groupOf, slotOf, productInto } = context;
    const { inputs, outFeatures, weight } = operation;
    const [input] = inputs;
    const { jet, blocks } = program;
    const layer = layerOf(operation, program);
    const { weight: weightLocation, bias: biasLocation } = regions.gradients.get(operation) ?? {};
    const tile = gradientTile(layer, style);
    // The bias's gradient is summed together with the weight's.
    const hasBias = weightLocation !== undefined && biasLocation?.own === weightLocation.own;
    const towardsWeight = (at: GradientLocation): Step => {
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
          biasOffset: biasLocation?.offset ?? 0,
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
      ...(weightLocation === undefined ? [] : [towardsWeight(weightLocation)]),
      ...(biasLocation === undefined || hasBias ? [] : [pointSums(outFeatures, biasLocation, context)]),
    ];
    const target = productInto(input);
    if (target === undefined) return towardsParameters;
    // The derivatives of coordinates are constant, so only their values have a gradient.
    const shape = isCoords(program, input) ? valueOnly : jet;
    const { slot, accumulates, before, learnedSteps } = target;
    const perField = isBackwarddByField(layer, before?.activation);
    const dispatch = overProduct(layer.inFeatures, { points, fields, blocks: blockCount(shape), style, perField });
    return [
      ...towardsParameters,
      {
        shader: backwardLayer(layer, shape, {
          before: before?.activation,
          style,
          format: before?.format ?? format.format,
          accumulates,
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
