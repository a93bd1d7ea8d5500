/**
 * @file Formulas of core in WGSL: each instruction of a program becomes one statement. Values are of type `vec4<f32>`,
 *   four elements at once; values that are the same for all elements are of type `f32`.
 */
import type { Expression, Instruction, Operand, Program } from '@neural-fields/core/elementwise';
import { linearise } from '@neural-fields/core/elementwise';
import { exponential, hyperbolicTangent, logistic, sineAndCosine, softplus } from './elementary.ts';
import { lines } from './shader.ts';

/** A number as a literal of type f32. */
export const literal = (value: number): string => {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
};

/** The functions of `elementary.ts` by operation, with the declarations that they need. */
const elementary: Readonly<Record<string, { readonly name: string; readonly needs: readonly string[] }>> = {
  exp: { name: 'exponential', needs: [exponential] },
  tanh: { name: 'hyperbolicTangent', needs: [exponential, hyperbolicTangent] },
  sigmoid: { name: 'logistic', needs: [exponential, logistic] },
  softplus: { name: 'softplus', needs: [exponential, softplus] },
};

const INFIX: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/' };
const SINE_COSINE_PARTS: Readonly<Record<string, string>> = { sin: 'sine', cos: 'cosine' };

/** Formulas as code, from {@link printFormulas}. */
export interface PrintedFormulas {
  /** The functions that the statements call. */
  readonly declarations: readonly string[];
  /** Statements that define the variables of the results. */
  readonly statements: string;
  /** An expression of type `vec4<f32>` for each formula. */
  readonly results: readonly string[];
}

/** The names of a formula's argument and parameters in the code. */
export interface FormulaNames {
  /** The argument, of type `vec4<f32>`. */
  readonly argument: string;
  /** The parameters in order, of type `f32`. */
  readonly parameters: readonly string[];
}

const isScalar = ({ kind }: Operand): boolean => kind !== 'argument' && kind !== 'value';

/** Comparisons that only conditions of `select` read: they are inlined there. */
const inlinedComparisons = ({ instructions, results }: Program): Set<number> => {
  const inlined = new Set(instructions.flatMap(({ op }, index) => (op === 'greater' ? [index] : [])));
  const used = ({ kind, index }: Operand): void => {
    if (kind === 'value') inlined.delete(index);
  };
  for (const { op, operands } of instructions)
    for (const operand of op === 'select' ? operands.slice(1) : operands) used(operand);
  results.forEach(used);
  return inlined;
};

/** Prints a program. */
const print = (program: Program, { argument, parameters }: FormulaNames): PrintedFormulas => {
  const declarations = new Set<string>();
  const pairs = new Map<string, string>();
  const statements: string[] = [];
  const inlined = inlinedComparisons(program);

  const nameOf = ({ kind, index }: Operand): string => {
    if (kind === 'argument') return argument;
    if (kind === 'parameter') return parameters[index] as string;
    if (kind === 'constant') return literal(program.constants[index] as number);
    return `${kind === 'uniform' ? 'u' : 'v'}${index}`;
  };
  /** As a vector of four elements. */
  const wide = (operand: Operand): string => (isScalar(operand) ? `vec4(${nameOf(operand)})` : nameOf(operand));
  const call = (name: string, needs: readonly string[], operand: Operand): string => {
    for (const declaration of needs) declarations.add(declaration);
    return `${name}(${wide(operand)})`;
  };
  const compared = ([a, b]: readonly Operand[]): string => `${wide(a as Operand)} > ${wide(b as Operand)}`;
  const condition = (operand: Operand): string =>
    operand.kind === 'value' && program.instructions[operand.index]?.op === 'greater'
      ? compared((program.instructions[operand.index] as Instruction).operands)
      : `${wide(operand)} != vec4(0.0)`;
  /** The sine and cosine of an operand are computed together, once. */
  const sineCosine = (operand: Operand): string => {
    const known = pairs.get(nameOf(operand));
    if (known !== undefined) return known;
    const name = `sineCosine${pairs.size}`;
    statements.push(`let ${name} = ${call('sineAndCosine', [sineAndCosine], operand)};`);
    pairs.set(nameOf(operand), name);
    return name;
  };
  const right = ({ op, operands }: Instruction): string => {
    const [a, b, c] = operands as [Operand, Operand, Operand];
    const infix = INFIX[op];
    if (infix !== undefined) return `${nameOf(a)} ${infix} ${nameOf(b)}`;
    // WGSL reserves `--`.
    if (op === 'neg') return nameOf(a).startsWith('-') ? `-(${nameOf(a)})` : `-${nameOf(a)}`;
    const part = SINE_COSINE_PARTS[op];
    if (part !== undefined) return `${sineCosine(a)}.${part}`;
    const known = elementary[op];
    if (known !== undefined) return call(known.name, known.needs, a);
    if (op === 'greater') return `select(vec4(0.0), vec4(1.0), ${compared(operands)})`;
    if (op === 'select') return `select(${wide(c)}, ${wide(b)}, ${condition(a)})`;
    // abs, sign, floor, sqrt, log, min and max are built into WGSL.
    return `${op}(${operands.map(wide).join(', ')})`;
  };

  for (const [index, instruction] of program.uniforms.entries()) {
    const code = right(instruction);
    const isWide = !(instruction.op in INFIX || instruction.op === 'neg');
    statements.push(`let u${index} = ${isWide ? `(${code}).x` : code};`);
  }
  for (const [index, instruction] of program.instructions.entries())
    if (!inlined.has(index)) statements.push(`let v${index} = ${right(instruction)};`);
  return { declarations: [...declarations], statements: lines(...statements), results: program.results.map(wide) };
};

/**
 * Prints formulas as code.
 *
 * @param parameters the names of the formulas' parameters; `names.parameters` has one for each
 */
export const printFormulas = (
  formulas: readonly Expression[],
  parameters: readonly string[],
  names: FormulaNames,
): PrintedFormulas => print(linearise(formulas, parameters), names);
