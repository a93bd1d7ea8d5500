/**
 * @file Expressions as a straight-line program: the form that every evaluator and kernel uses.
 *
 * A program is a list of instructions in static single assignment: each applies one operation to constants, parameters
 * or results of earlier instructions. Common subexpressions, also of different expressions, are computed once. `[s, s',
 * s'']` of a sine are
 *
 *     parameters: omega        uniforms: u0 = neg omega; u1 = mul u0 omega
 *     instructions: v0 = mul omega x; v1 = sin v0; v2 = cos v0; v3 = mul omega v2; v4 = mul u1 v1        results: v1, v3, v4
 *
 * A shader has one line for each instruction; an interpreter runs each instruction over a block of elements that fits
 * into the cache, with the registers of {@link allocateRegisters}. Uniforms are the same for all elements, so they are
 * computed once.
 */
import type { Compound, Expression } from './expression.ts';
import type { Operation } from './operations.ts';

/** An operand of an instruction. */
export interface Operand {
  /**
   * `argument`: x. `constant`, `parameter`: the one with that index in the program. `uniform`, `value`: the result of
   * the instruction with that index in `uniforms` or `instructions`, always an earlier one.
   */
  readonly kind: 'argument' | 'constant' | 'parameter' | 'uniform' | 'value';
  /** 0 for the argument. */
  readonly index: number;
}

/** One operation with its operands. */
export interface Instruction {
  readonly op: Operation;
  /** As many as the operation takes. */
  readonly operands: readonly Operand[];
}

/** Some expressions as instructions. Made by {@link linearise}. */
export interface Program {
  /** All names in the given order, including those that no instruction uses. */
  readonly parameters: readonly string[];
  /** The distinct constants, in float64. */
  readonly constants: readonly number[];
  /** The instructions that depend on constants and parameters alone: no operand is the argument or a value. */
  readonly uniforms: readonly Instruction[];
  /**
   * The instructions for each element: at least one operand is the argument or a value. The sine and cosine of the same
   * operand are adjacent, so that a kernel can compute both at once.
   */
  readonly instructions: readonly Instruction[];
  /**
   * Where the expressions' results are, in order. Several may be the same, and some may be constants or parameters: s'
   * of s(x) = x is a constant.
   */
  readonly results: readonly Operand[];
}

/** Operations whose operands may be swapped without any change to the result. */
const COMMUTATIVE: readonly Operation[] = ['add', 'mul'];

const keyOf = ({ op }: Compound, operands: readonly Operand[]): string => {
  const names = operands.map(({ kind, index }) => `${kind} ${index}`);
  if (COMMUTATIVE.includes(op)) names.sort();
  return `${op}(${names.join(', ')})`;
};

const OTHER_WAVE: Partial<Readonly<Record<Operation, Operation>>> = { sin: 'cos', cos: 'sin' };

/** Makes the sine and cosine of the same operand adjacent. */
const pairWaves = (
  instructions: readonly Instruction[],
  results: readonly Operand[],
): Pick<Program, 'instructions' | 'results'> => {
  const partnerOf = ({ op, operands: [a] }: Instruction): number =>
    instructions.findIndex(
      other =>
        other.op === OTHER_WAVE[op] && other.operands[0]?.kind === a?.kind && other.operands[0]?.index === a?.index,
    );
  const order: number[] = [];
  for (const [index, instruction] of instructions.entries()) {
    if (order.includes(index)) continue;
    order.push(index);
    const partner = partnerOf(instruction);
    if (partner > index) order.push(partner);
  }
  const moved = (operand: Operand): Operand =>
    operand.kind === 'value' ? { kind: 'value', index: order.indexOf(operand.index) } : operand;
  return {
    instructions: order.map(index => {
      const { op, operands } = instructions[index] as Instruction;
      return { op, operands: operands.map(moved) };
    }),
    results: results.map(moved),
  };
};

/**
 * Compiles expressions to a program.
 *
 * @param parameters the names of all parameters; the index of a parameter operand refers to this list
 * @throws RangeError for a parameter that is not in the list
 */
export const linearise = (expressions: readonly Expression[], parameters: readonly string[] = []): Program => {
  const constants: number[] = [];
  const uniforms: Instruction[] = [];
  const instructions: Instruction[] = [];
  const ofExpression = new Map<Expression, Operand>();
  const ofKey = new Map<string, Operand>();

  const append = (expression: Compound): Operand => {
    const operands = expression.operands.map(place);
    const key = keyOf(expression, operands);
    const found = ofKey.get(key);
    if (found !== undefined) return found;
    const isUniform = operands.every(({ kind }) => kind !== 'argument' && kind !== 'value');
    const list = isUniform ? uniforms : instructions;
    const made: Operand = {
      kind: isUniform ? 'uniform' : 'value',
      index: list.push({ op: expression.op, operands }) - 1,
    };
    ofKey.set(key, made);
    return made;
  };
  const leaf = (expression: Exclude<Expression, Compound>): Operand => {
    if (expression.kind === 'argument') return { kind: 'argument', index: 0 };
    if (expression.kind === 'constant') {
      const index = constants.findIndex(value => Object.is(value, expression.value));
      return { kind: 'constant', index: index >= 0 ? index : constants.push(expression.value) - 1 };
    }
    const index = parameters.indexOf(expression.name);
    if (index < 0)
      throw new RangeError(
        `unknown parameter '${expression.name}' in a formula; known: ${parameters.join(', ') || 'none'}`,
      );
    return { kind: 'parameter', index };
  };
  const place = (expression: Expression): Operand => {
    const known = ofExpression.get(expression);
    if (known !== undefined) return known;
    const operand = expression.kind === 'operation' ? append(expression) : leaf(expression);
    ofExpression.set(expression, operand);
    return operand;
  };

  const results = expressions.map(place);
  return { parameters, constants, uniforms, ...pairWaves(instructions, results) };
};

/** The registers that an interpreter needs to run a program, and the one that each instruction writes. */
export interface Registers {
  /** The number of registers. */
  readonly count: number;
  /**
   * The register that each instruction writes. It may be that of one of its operands: an element is read before it is
   * written.
   */
  readonly targets: readonly number[];
}

/**
 * Allocates registers to the instructions of a program, reusing each register after the last use of its value. At the
 * start, register 0 holds the argument. At the end, the results are in the registers that their instructions wrote.
 */
export const allocateRegisters = ({ instructions, results }: Program): Registers => {
  const END = instructions.length;
  // By value; the argument counts as value -1.
  const lastUse = new Map<number, number>();
  const uses = (operands: readonly Operand[], at: number): void => {
    for (const { kind, index } of operands)
      if (kind === 'argument' || kind === 'value') lastUse.set(kind === 'argument' ? -1 : index, at);
  };
  for (const [at, { operands }] of instructions.entries()) uses(operands, at);
  uses(results, END);
  const register = new Map([[-1, 0]]);
  const free: number[] = [];
  let count = 1;
  const targets = instructions.map((_, at) => {
    for (const [value, held] of register)
      if ((lastUse.get(value) ?? -1) <= at) {
        free.push(held);
        register.delete(value);
      }
    free.sort((a, b) => b - a);
    const target = free.pop() ?? count++;
    register.set(at, target);
    return target;
  });
  return { count, targets };
};
