/** @file A program of core, with the derived data that all its passes need. */
import {
  consumerCounts,
  type ElementwiseFunction,
  type KernelProgram,
  type LinearOperation,
  type Operation,
  registerWidths,
} from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import { type DenseLayer, identity, type LayerActivation } from '../wgsl/activations.ts';
import { blockCount, type JetShape, jetShapeOf } from '../wgsl/jet-rule.ts';

/** A program with derived data. Register r is an input of the program, or the result of operation r - inputs. */
export interface FieldProgram extends Pick<KernelProgram, 'inputs' | 'operations' | 'parameterCount' | 'fields'> {
  /** A unique key of the compiled program, used in the keys of plans. */
  readonly key: string;
  readonly jet: JetShape;
  readonly blocks: number;
  /** The features of each register. */
  readonly widths: readonly number[];
  /** How many operations read each register; the program's output counts as one. */
  readonly consumers: readonly number[];
}

let compiled = 0;

/** A unique key. */
export const newKey = (): string => `${compiled++}`;

export const fieldProgram = (program: KernelProgram): FieldProgram => {
  const { inputs, operations, parameterCount, fields } = program;
  const jet = jetShapeOf(program.shape);
  return {
    inputs,
    operations,
    parameterCount,
    ...(fields !== undefined && { fields }),
    key: newKey(),
    jet,
    blocks: blockCount(jet),
    widths: registerWidths(program),
    consumers: consumerCounts(program),
  };
};

/** Floats of a row: rows are padded to multiples of four. */
export const padded = (features: number): number => 4 * Math.ceil(features / 4);

/** Whether an array is a per-field parameter. */
export const isOwn = (numbers: OperandArray | undefined): boolean =>
  numbers?.kind === 'parameter' && (numbers.fieldStride ?? 0) > 0;

/** The register of the output. */
export const lastRegister = ({ widths }: FieldProgram): number => widths.length - 1;

/** Features of the output. */
export const outFeaturesOf = ({ widths }: FieldProgram): number => widths.at(-1) as number;

/** The operation that writes a register; `undefined` for inputs. */
export const writerOf = ({ inputs, operations }: FieldProgram, register: number): Operation | undefined =>
  operations[register - inputs.length];

/** Whether a register holds coordinates; their derivatives are constant. */
export const isCoords = ({ inputs }: FieldProgram, register: number): boolean => inputs[register]?.kind === 'coords';

const activationOf = (activation: ElementwiseFunction | undefined): LayerActivation => {
  if (activation === undefined) return identity;
  const { definition, parameters } = activation;
  const learned = parameters.filter(({ value }) => typeof value !== 'number');
  return {
    kind: definition.kind,
    definition,
    parameters: Object.fromEntries(parameters.map(({ name, initial }) => [name, initial])),
    learnable: learned.map(({ name }) => name),
    own: learned.filter(({ value }) => typeof value !== 'number' && isOwn(value)).map(({ name }) => name),
  };
};

/** The activation of an operation; the identity if it has none. */
export const activationBehind = (operation: Operation | undefined): LayerActivation =>
  operation?.kind === 'linear' || operation?.kind === 'elementwise' ? activationOf(operation.activation) : identity;

/** A linear operation as a layer. */
export const layerOf = (operation: LinearOperation, { widths }: FieldProgram): DenseLayer => ({
  inFeatures: widths[operation.inputs[0]] as number,
  outFeatures: operation.outFeatures,
  hasBias: operation.bias !== undefined,
  activation: activationOf(operation.activation),
  ownWeight: isOwn(operation.weight),
  ownBias: isOwn(operation.bias),
});

/** Approximate number of multiplications of one pass. */
export const multiplicationsOf = ({ operations, widths, blocks }: FieldProgram, points: number): number =>
  points *
  blocks *
  operations.reduce((sum, operation) => {
    const { outFeatures, inputs } = operation;
    const inFeatures = widths[inputs[0] ?? -1] ?? 1;
    if (operation.kind === 'linear') return sum + inFeatures * outFeatures;
    return sum + outFeatures * (operation.kind === 'grid' ? 2 ** inFeatures : 1);
  }, 0);
