import type { Operand, Program } from './instructions.ts';
import { applyOperation } from './operations.ts';

/**
 * Runs a program on one scalar in float64: the reference semantics of its formulas.
 *
 * @param parameters the values of all parameters of the program
 * @returns one value per result
 * @throws RangeError when the value of a parameter is missing
 */
export const evaluateScalar = (
  program: Program,
  x: number,
  parameters: Readonly<Record<string, number>> = {},
): number[] => {
  const uniforms: number[] = [];
  const values: number[] = [];
  const given = program.parameters.map(name => {
    const value = parameters[name];
    if (value === undefined) throw new RangeError(`evaluateScalar: parameter '${name}' has no value`);
    return value;
  });
  const sources = { argument: [x], constant: program.constants, parameter: given, uniform: uniforms, value: values };
  const read = ({ kind, index }: Operand): number => sources[kind][index] as number;
  for (const { op, operands } of program.uniforms) uniforms.push(applyOperation(op, operands.map(read)));
  for (const { op, operands } of program.instructions) values.push(applyOperation(op, operands.map(read)));
  return program.results.map(read);
};
