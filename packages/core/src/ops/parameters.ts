/** @file Finds and relocates the parameters of operations of any kind. */
import type { OperandArray, ParameterArray } from './arrays.ts';
import type { ElementwiseFunction, Operation } from './operation.ts';

const ofFunction = ({ parameters }: ElementwiseFunction): ParameterArray[] =>
  parameters.flatMap(({ value }) => (typeof value === 'number' ? [] : [value]));

/** All arrays of an operation, except constants of its activation. */
export const arraysOf = (operation: Operation): OperandArray[] => {
  switch (operation.kind) {
    case 'linear': {
      const { weight, bias, activation } = operation;
      return [weight, ...(bias ? [bias] : []), ...(activation ? ofFunction(activation) : [])];
    }
    case 'elementwise':
      return ofFunction(operation.activation);
    case 'constant':
      return [operation.values];
    case 'grid':
      return [operation.table];
    case 'custom':
      return [...operation.arrays];
    default:
      return [];
  }
};

/** Whether an operation has trainable parameters. */
export const hasParameters = (operation: Operation): boolean =>
  arraysOf(operation).some(({ kind }) => kind === 'parameter');

/** The same operation with its parameters relocated by `place`. */
export const withParameters = (operation: Operation, place: (array: ParameterArray) => ParameterArray): Operation => {
  const moved = (given: OperandArray): OperandArray => (given.kind === 'parameter' ? place(given) : given);
  const activation = (given: ElementwiseFunction): ElementwiseFunction => ({
    ...given,
    parameters: given.parameters.map(parameter =>
      typeof parameter.value === 'number' ? parameter : { ...parameter, value: place(parameter.value) },
    ),
  });
  switch (operation.kind) {
    case 'linear':
      return {
        ...operation,
        weight: moved(operation.weight),
        ...(operation.bias && { bias: moved(operation.bias) }),
        ...(operation.activation && { activation: activation(operation.activation) }),
      };
    case 'elementwise':
      return { ...operation, activation: activation(operation.activation) };
    case 'constant':
      return { ...operation, values: moved(operation.values) };
    case 'grid':
      return { ...operation, table: moved(operation.table) };
    case 'custom':
      return { ...operation, arrays: operation.arrays.map(moved) };
    default:
      return operation;
  }
};
