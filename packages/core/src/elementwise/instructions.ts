/**
 * @file Expressions as a program without branches: the form that every evaluator and every kernel works from.
 *
 * A program is a list of instructions, each of which applies one operation to numbers that are at hand and gives one
 * number, once (static single assignment). Whatever occurs twice in the expressions, also in different ones of them, is
 * computed once. `[s, s', s'']` of a sine are
 *
 *     parameters: omega        uniforms: u0 = neg omega; u1 = mul u0 omega
 *     instructions: v0 = mul omega x; v1 = sin v0; v2 = cos v0; v3 = mul omega v2; v4 = mul u1 v1        results: v1, v3, v4
 *
 * How a kernel uses it: a shader prints each instruction as a line; an interpreter runs each over a block of numbers
 * that fits into the cache, with the registers of {@link allocateRegisters}. Uniforms are the same for all elements, so
 * they are computed once.
 */
import type { Compound, Expression } from './expression.ts';
import type { Operation } from './operations.ts';

/** A number that an instruction takes in. */
export interface Operand {
  /**
   * `argument`: x. `constant`, `parameter`: the one with that index in the program. `uniform`, `value`: what the
   * instruction with that index in `uniforms` or `instructions` gave, which is always an earlier one.
   */
  readonly kind: 'argument' | 'constant' | 'parameter' | 'uniform' | 'value';
  /** 0 for the argument. */
  readonly index: number;
}

/** One operation. */
export interface Instruction {
  readonly op: Operation;
  /** As many as the operation takes. */
  readonly operands: readonly Operand[];
}

/** Some expressions as instructions. Made by {@link linearise}. */
export interface Program {
  /** All names, in the given order, also those that do not occur. */
  readonly parameters: readonly string[];
  /** The numbers that occur, each once, in float64. */
  readonly constants: readonly number[];
  /** What depends on constants and parameters alone. Their operands are neither arguments nor values. */
  readonly uniforms: readonly Instruction[];
  /**
   * What is computed for each element. At least one operand is the argument or a value. Sine and cosine of the same
   * number stand next to each other, so that a kernel may compute both at once.
   */
  readonly instructions: readonly Instruction[];
  /**
   * Where the values of the expressions are, in order. Several may be the same, and any may be no value: s' of x is a
   * constant.
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

/** Moves sine and cosine of one number next to each other. */
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
 * Makes a program of expressions.
 *
 * @param parameters the names of all parameters; an operand's index counts in this list
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
        `unknown parameter '${expression.name}' in a formula; known are ${parameters.join(', ') || 'none'}`,
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

/** Which registers a machine that runs a program needs, and what it keeps in each. */
export interface Registers {
  /** How many there are. */
  readonly count: number;
  /**
   * The register that each instruction writes to. It may be that of one of its operands: a machine reads an element
   * before it writes it.
   */
  readonly targets: readonly number[];
}

/**
 * Assigns registers to the instructions of a program: few, since each is used again as soon as what it holds is needed
 * no more. At the start, register 0 holds the argument. At the end, the results are in the registers that they were
 * written to.
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
