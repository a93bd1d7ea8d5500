/** @file Activations as records of `assembly/activation.ts`. */

import type { Expression } from '@neural-fields/core/elementwise';
import type { ElementwiseFunction } from '@neural-fields/core/kernels';
import { type ActivationDefinition, coreActivations, type JetShape } from '@neural-fields/core/layers';
import { constants } from '../generated/records.ts';
import { FormulaTable, type PlacedFormula } from './formulas.ts';
import type { Image, Place } from './image.ts';
import { type Gradients, type Packings, sourceOf } from './packings.ts';

/** Whether an activation is core's own of a kind. */
const isCores = (kind: string, definition: ActivationDefinition): boolean =>
  definition.kind === kind && coreActivations.includes(definition);

/** Whether an activation is run by `assembly/sine.ts`. */
const isPlainSine = ({ definition, parameters }: ElementwiseFunction): boolean =>
  isCores('sine', definition) && parameters.every(({ value }) => typeof value === 'number');

/** Whether an activation changes nothing. */
export const isIdentity = ({ definition }: ElementwiseFunction): boolean => isCores('identity', definition);

/** Whether there is a kernel for an activation. */
export const hasKernel = ({ expressions }: ActivationDefinition): boolean => expressions !== undefined;

/** An activation in a program's memory. */
export interface PlacedActivation {
  readonly place: Place;
  /** Bytes of scratch for its rows or registers. */
  readonly rowsBytes: number;
  /** Derivatives that the forward pass keeps for the reverse, beside that in the place of the pre-activations. */
  readonly keptDerivatives: number;
}

/** What an activation is placed for. */
export interface ActivationPurpose {
  readonly order: JetShape['order'];
  readonly forReverse: boolean;
  /** For the passes of `assembly/scalar-gradient.ts`, whose forward pass carries values alone. */
  readonly forAdjoint: boolean;
  /** Whether nobody else reads the pre-activations, so that they may be overwritten. */
  readonly ownsInput: boolean;
  /** Numbers of a row, up to a multiple of those of a vector. */
  readonly rowNumbers: number;
  readonly gradients: Gradients;
}

const FLOAT = 4;

/** Places an activation. */
export const placeActivation = (
  image: Image,
  packings: Packings,
  activation: ElementwiseFunction,
  { order, forReverse, forAdjoint, ownsInput, rowNumbers, gradients }: ActivationPurpose,
): PlacedActivation => {
  const { definition, parameters } = activation;
  const learned = parameters.flatMap(({ name, value }) => (typeof value === 'number' ? [] : [{ name, value }]));
  const given = parameters.map(({ name, value }) => ({
    name,
    value: typeof value === 'number' ? value : sourceOf(image, value),
  }));
  const common = { learnedCount: 0, learned: 0, registerCount: 0, forward: 0, reverse: 0, keptCount: 0 };
  if (isPlainSine(activation)) {
    const table = new FormulaTable(image, packings, { parameters: given, formulas: [] });
    const place = image.record('Activation', { ...common, kind: constants.ACTIVATION_SINE, table: table.place });
    return { place, rowsBytes: 4 * FLOAT * rowNumbers, keptDerivatives: 0 };
  }
  const { expressions } = definition;
  if (expressions === undefined) throw new Error(`simd: the activation '${definition.kind}' has no formula`);
  const { derivatives, byParameter } = expressions;
  // The adjoint needs one derivative in its forward pass too.
  const keeps = ownsInput && learned.length === 0;
  const keptCount = keeps && forReverse ? order + 1 : forAdjoint ? 1 : 0;
  const forward: readonly Expression[] = derivatives.slice(0, Math.max(order, keptCount) + 1);
  const reverse: readonly Expression[] = [
    ...derivatives.slice(1, order + 2),
    ...learned.flatMap(({ name }) => byParameter[name]?.slice(0, order + 1) ?? []),
  ];
  const formulas = [forward, ...(forReverse && keptCount === 0 ? [reverse] : [])];
  const table = new FormulaTable(image, packings, { parameters: given, formulas });
  const placed = new Map<readonly Expression[], PlacedFormula>(formulas.map(formula => [formula, table.add(formula)]));
  const registerCount = Math.max(...[...placed.values()].map(formula => formula.registerCount));
  const learns = forReverse ? learned : [];
  const place = image.record('Activation', {
    kind: constants.ACTIVATION_FORMULA,
    table: table.place,
    forward: placed.get(forward)?.place ?? 0,
    reverse: placed.get(reverse)?.place ?? 0,
    keptCount,
    registerCount,
    learnedCount: learns.length,
    learned: image.integers(learns.map(({ value }) => gradients.vector(value))),
  });
  // Two registers more for what the derivatives by learned parameters multiply, and one number for the sum of each.
  const rowsBytes = constants.REGISTER_BYTES * (registerCount + 2) + FLOAT * Math.max(16, learns.length);
  return { place, rowsBytes, keptDerivatives: Math.max(0, keptCount - 1) };
};
