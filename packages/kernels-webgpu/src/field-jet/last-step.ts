/**
 * @file The first step of a backward pass: from the gradient of the output to that before the output's activation.
 */
import type { SlotRange, Step } from '../device/plan.ts';
import { isOwnActivation } from '../wgsl/activations.ts';
import { type JetFormat, single } from '../wgsl/jet-format.ts';
import { givenUpstream, type LastLayer } from '../wgsl/last-layer.ts';
import { activationBehind, type FieldProgram, lastRegister, outFeaturesOf, padded, writerOf } from './field-program.ts';
import { registerSlots } from './forward-plan.ts';
import { overPoints } from './ops/groups.ts';
import { preActivationBinding } from './ops/linear.ts';
import type { ActivationBefore, PassOptions } from './ops/operation-kernels.ts';
import type { ParameterRegions } from './regions.ts';

/** The gradient buffer with which a backward pass begins. */
export const FIRST_GRADIENT = 'g0';

/**
 * The activation that produced a register, with the bindings of its backward pass; `undefined` if there is none.
 */
export const activationBefore = (
  program: FieldProgram,
  regions: ParameterRegions,
  register: number,
  format: JetFormat,
): ActivationBefore | undefined => {
  const operation = writerOf(program, register);
  if (operation?.kind !== 'linear' && operation?.kind !== 'elementwise') return undefined;
  const activation = activationBehind(operation);
  if (operation.kind === 'linear' && activation.kind === 'identity') return undefined;
  const learned = regions.learnedOf(operation);
  const learnedBindings: Record<string, SlotRange> = learned
    ? { learnedParameters: learned, learnedSums: { slot: 'learnedSums' } }
    : {};
  if (operation.kind === 'linear')
    return { activation, format, bindings: { ...preActivationBinding(register), ...learnedBindings } };
  const z = { slot: registerSlots(program, true)[operation.inputs[0]] as string };
  return { activation, format: single, bindings: { z, ...learnedBindings } };
};

/** The first step of a backward pass, which belongs to the last operation. */
export interface LastStep {
  readonly step: Step;
  readonly slots: Readonly<Record<string, number>>;
}

type LastStepOptions = Pick<PassOptions, 'points' | 'fields' | 'format'>;

/** The arguments, sizes and bindings that all shaders of `last-layer.ts` share. */
export const lastLayerStep = (
  program: FieldProgram,
  regions: ParameterRegions,
  { points, fields, format, perField }: LastStepOptions & { readonly perField?: boolean },
): Pick<Step, 'sizes' | 'groups' | 'bindings'> & {
  readonly layer: LastLayer;
  readonly format: JetFormat;
} => {
  const outFeatures = outFeaturesOf(program);
  const register = lastRegister(program);
  const before = activationBefore(program, regions, register, format.format);
  const activation = activationBehind(writerOf(program, register));
  const isByField = perField === true || isOwnActivation(activation);
  return {
    layer: { activation, outFeatures },
    format: before?.format ?? format.format,
    ...overPoints({ points, fields, perField: isByField }, padded(outFeatures) / 4),
    bindings: { ...before?.bindings, result: { slot: FIRST_GRADIENT } },
  };
};

/** Begins the backward pass with the gradient in the buffer `upstream`, `[blocks][points][out]`. */
export const givenLastStep = (program: FieldProgram, regions: ParameterRegions, options: LastStepOptions): LastStep => {
  const { layer, format, sizes, groups, bindings } = lastLayerStep(program, regions, options);
  return {
    slots: { upstream: program.blocks * options.points * layer.outFeatures },
    step: {
      shader: givenUpstream(layer, program.jet, format),
      sizes,
      bindings: { ...bindings, upstream: { slot: 'upstream' } },
      groups,
    },
  };
};
