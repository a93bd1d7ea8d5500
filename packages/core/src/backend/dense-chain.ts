/** @file A program that is a chain of dense layers, for kernels that take nothing else. */
import type { ActivationDefinition } from '../elementwise/activation.ts';
import type { JetShape, SecondOrderForms } from '../jets/request.ts';
import type { ParameterNumbers } from '../ops/numbers.ts';
import type { Operation } from '../ops/operation.ts';
import type { KernelProgram } from './kernel-program.ts';

/** One dense layer of a {@link FieldJetNetwork}. */
export interface FieldJetLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly activation: {
    readonly kind: string;
    /** Absent for the identity. */
    readonly definition?: ActivationDefinition;
    /** Its parameters in the order of the definition: their values, or for learnable ones, which are inputs of the kernel, those at the start. */
    readonly parameters: Readonly<Record<string, number>>;
    readonly learnable: readonly string[];
  };
}

/** A chain of dense layers. */
export interface FieldJetNetwork {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** Present where jets come in and not coordinates: their width. */
  readonly encodedFeatures?: number;
  readonly layers: readonly FieldJetLayer[];
  readonly order: JetShape['order'];
  readonly forms?: SecondOrderForms;
}

/** A chain with the places of its parameters in the flat vector: for each layer its weight, its bias, its learned numbers. */
export interface DenseChain {
  readonly network: FieldJetNetwork;
  readonly parameters: readonly ParameterNumbers[];
}

/** Whether an operation may be a part of a chain with such activations. */
export const isChainOperation = (operation: Operation, hasActivation: (definition: ActivationDefinition) => boolean): boolean => {
  if (operation.kind === 'elementwise') return hasActivation(operation.activation.definition);
  return operation.kind === 'linear' && operation.weight.kind === 'parameter' && operation.bias?.kind !== 'constant';
};

/** The chain that a program is; `undefined` where it is something else. */
export const denseChainOf = ({ shape, inputs, operations }: KernelProgram): DenseChain | undefined => {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) return undefined;
  const parameters: ParameterNumbers[] = [];
  const layers: FieldJetLayer[] = [];
  let inFeatures = input.features;
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'linear' || operation.inputs[0] !== index) return undefined;
    const { weight, bias, outFeatures, activation } = operation;
    const all = activation?.parameters ?? [];
    // A spec may name them in any order, and so they lie in the flat vector.
    const learned = all
      .flatMap(({ name, value }) => (typeof value === 'number' ? [] : [{ name, value }]))
      .sort((a, b) => a.value.offset - b.value.offset);
    for (const numbers of [weight, ...(bias ? [bias] : []), ...learned.map(({ value }) => value)]) {
      if (numbers.kind === 'constant') return undefined;
      parameters.push(numbers);
    }
    layers.push({
      inFeatures,
      outFeatures,
      hasBias: bias !== undefined,
      activation: {
        kind: activation?.definition.kind ?? 'identity',
        ...(activation && { definition: activation.definition }),
        parameters: Object.fromEntries(all.map(({ name, initial }) => [name, initial])),
        learnable: learned.map(({ name }) => name),
      },
    });
    inFeatures = outFeatures;
  }
  const { order, forms } = shape;
  const encoded = input.kind === 'jet' && { encodedFeatures: input.features };
  return { network: { inFeatures: shape.inFeatures, ...encoded, layers, order, ...(forms && { forms }) }, parameters };
};
