/** @file A program of core's, with what all its passes ask for. */
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

/** A program with what follows from it. Register r is an input of the program, or what operation r - inputs wrote. */
export interface FieldProgram extends Pick<KernelProgram, 'inputs' | 'operations' | 'parameterCount' | 'fields'> {
  /** A text that no other compiled program has: plans are named by it. */
  readonly key: string;
  readonly jet: JetShape;
  readonly blocks: number;
  /** The features of each register. */
  readonly widths: readonly number[];
  /** How many operations read each register, the program's end counted as one. */
  readonly consumers: readonly number[];
}

let compiled = 0;

/** A key that nothing else has. */
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

/** Rows begin at multiples of four numbers. */
export const padded = (features: number): number => 4 * Math.ceil(features / 4);

/** Whether each field has such numbers of its own. */
export const isOwn = (numbers: OperandArray | undefined): boolean =>
  numbers?.kind === 'parameter' && (numbers.fieldStride ?? 0) > 0;

/** The register of what comes out. */
export const lastRegister = ({ widths }: FieldProgram): number => widths.length - 1;

/** Numbers in a row of what comes out. */
export const outFeaturesOf = ({ widths }: FieldProgram): number => widths.at(-1) as number;

/** The operation that writes a register; `undefined` for inputs. */
export const writerOf = ({ inputs, operations }: FieldProgram, register: number): Operation | undefined =>
  operations[register - inputs.length];

/** Whether a register holds coordinates, whose derivatives are the same everywhere. */
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

/** The activation at an operation's end; the identity where it has none. */
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

/** Multiplications of one pass, roughly. */
export const multiplicationsOf = ({ operations, widths, blocks }: FieldProgram, points: number): number =>
  points *
  blocks *
  operations.reduce((sum, operation) => {
    const { outFeatures, inputs } = operation;
    const inFeatures = widths[inputs[0] ?? -1] ?? 1;
    if (operation.kind === 'linear') return sum + inFeatures * outFeatures;
    return sum + outFeatures * (operation.kind === 'grid' ? 2 ** inFeatures : 1);
  }, 0);
