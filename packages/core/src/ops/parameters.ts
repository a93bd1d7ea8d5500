/** @file The parameters of operations, whatever their kind: found, and put elsewhere. */
import type { Numbers, ParameterNumbers } from './numbers.ts';
import type { ElementwiseFunction, Operation } from './operation.ts';

const ofFunction = ({ parameters }: ElementwiseFunction): ParameterNumbers[] =>
  parameters.flatMap(({ value }) => (typeof value === 'number' ? [] : [value]));

/**
 * All numbers that an operation multiplies with or looks up, but for those of its activation that are never learned.
 */
export const numbersOf = (operation: Operation): Numbers[] => {
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
      return [...operation.numbers];
    default:
      return [];
  }
};

/** Whether an operation has numbers that are learned. */
export const learns = (operation: Operation): boolean => numbersOf(operation).some(({ kind }) => kind === 'parameter');

/** The same operation with its parameters elsewhere. */
export const withParameters = (
  operation: Operation,
  place: (numbers: ParameterNumbers) => ParameterNumbers,
): Operation => {
  const numbers = (given: Numbers): Numbers => (given.kind === 'parameter' ? place(given) : given);
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
        weight: numbers(operation.weight),
        ...(operation.bias && { bias: numbers(operation.bias) }),
        ...(operation.activation && { activation: activation(operation.activation) }),
      };
    case 'elementwise':
      return { ...operation, activation: activation(operation.activation) };
    case 'constant':
      return { ...operation, values: numbers(operation.values) };
    case 'grid':
      return { ...operation, table: numbers(operation.table) };
    case 'custom':
      return { ...operation, numbers: operation.numbers.map(numbers) };
    default:
      return operation;
  }
};
