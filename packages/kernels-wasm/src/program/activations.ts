/** @file Encodes activations as records of `assembly/activation.ts`. */

import type { Expression } from '@neural-fields/core/elementwise';
import type { ElementwiseFunction } from '@neural-fields/core/kernels';
import { type ActivationDefinition, coreActivations, type JetShape } from '@neural-fields/core/layers';
import { constants } from '../generated/records.ts';
import { type EncodedFormula, FormulaTable } from './formulas.ts';
import type { Image, Pointer } from './image.ts';
import { type Gradients, type Packings, sourceOf } from './packings.ts';

/** Whether an activation is core's activation of a kind, not a user's with the same name. */
const isCores = (kind: string, definition: ActivationDefinition): boolean =>
  definition.kind === kind && coreActivations.includes(definition);

/** Whether `assembly/sine.ts` evaluates an activation. */
const isPlainSine = ({ definition, parameters }: ElementwiseFunction): boolean =>
  isCores('sine', definition) && parameters.every(({ value }) => typeof value === 'number');

/** Whether an activation is the identity. */
export const isIdentity = ({ definition }: ElementwiseFunction): boolean => isCores('identity', definition);

/** Whether there is a kernel for an activation. */
export const hasKernel = ({ expressions }: ActivationDefinition): boolean => expressions !== undefined;

/** An activation in a program image. */
export interface EncodedActivation {
  readonly pointer: Pointer;
  /** Bytes of scratch for its rows or registers. */
  readonly temporaryBytes: number;
  /** Blocks of derivatives that the forward pass keeps, without the one that overwrites the pre-activations. */
  readonly keptDerivativeBlocks: number;
}

/** How an activation is used. */
export interface ActivationPurpose {
  readonly order: JetShape['order'];
  readonly forBackward: boolean;
  /** Whether it is for the passes of `assembly/scalar-gradient.ts`, where the forward pass has values alone. */
  readonly forAdjoint: boolean;
  /** Whether nothing else reads the pre-activations, so that they may be overwritten. */
  readonly ownsInput: boolean;
  /** Floats of a row, rounded up to a multiple of a panel's columns. */
  readonly rowFloats: number;
  readonly gradients: Gradients;
}

const FLOAT = 4;

/** Encodes an activation. */
export const encodeActivation = (
  image: Image,
  packings: Packings,
  activation: ElementwiseFunction,
  { order, forBackward, forAdjoint, ownsInput, rowFloats, gradients }: ActivationPurpose,
): EncodedActivation => {
  const { definition, parameters } = activation;
  const learned = parameters.flatMap(({ name, value }) => (typeof value === 'number' ? [] : [{ name, value }]));
  const given = parameters.map(({ name, value }) => ({
    name,
    value: typeof value === 'number' ? value : sourceOf(image, value),
  }));
  const common = { learnedCount: 0, learned: 0, registerCount: 0, forward: 0, backward: 0, keptDerivativeCount: 0 };
  if (isPlainSine(activation)) {
    const table = new FormulaTable(image, packings, { parameters: given, formulas: [] });
    const pointer = image.record('Activation', { ...common, kind: constants.ACTIVATION_SINE, table: table.pointer });
    return { pointer, temporaryBytes: 4 * FLOAT * rowFloats, keptDerivativeBlocks: 0 };
  }
  const { expressions } = definition;
  if (expressions === undefined) throw new Error(`simd: the activation '${definition.kind}' has no formula`);
  const { derivatives, byParameter } = expressions;
  // The adjoint pass needs the first derivative even without a backward pass.
  const canKeep = ownsInput && learned.length === 0;
  const keptCount = canKeep && forBackward ? order + 1 : forAdjoint ? 1 : 0;
  const forward: readonly Expression[] = derivatives.slice(0, Math.max(order, keptCount) + 1);
  const backward: readonly Expression[] = [
    ...derivatives.slice(1, order + 2),
    ...learned.flatMap(({ name }) => byParameter[name]?.slice(0, order + 1) ?? []),
  ];
  const formulas = [forward, ...(forBackward && keptCount === 0 ? [backward] : [])];
  const table = new FormulaTable(image, packings, { parameters: given, formulas });
  const encoded = new Map<readonly Expression[], EncodedFormula>(
    formulas.map(formula => [formula, table.add(formula)]),
  );
  const registerCount = Math.max(...[...encoded.values()].map(formula => formula.registerCount));
  const learns = forBackward ? learned : [];
  const pointer = image.record('Activation', {
    kind: constants.ACTIVATION_FORMULA,
    table: table.pointer,
    forward: encoded.get(forward)?.pointer ?? 0,
    backward: encoded.get(backward)?.pointer ?? 0,
    keptDerivativeCount: keptCount,
    registerCount,
    learnedCount: learns.length,
    learned: image.integers(learns.map(({ value }) => gradients.vector(value))),
  });
  // Two more registers for the factors of the learned parameters' gradients, and one float for the sum of each.
  const temporaryBytes = constants.REGISTER_BYTES * (registerCount + 2) + FLOAT * Math.max(16, learns.length);
  return { pointer, temporaryBytes, keptDerivativeBlocks: Math.max(0, keptCount - 1) };
};
