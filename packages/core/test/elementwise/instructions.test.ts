import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { successiveDerivatives } from '../../src/elementwise/differentiate.ts';
import { applyOperation } from '../../src/elementwise/operations.ts';
import * as e from '../../src/elementwise.ts';
import { anyFormulas, treeValue } from './arbitrary.ts';

const { argument: x } = e;
const numbers = fc.double({ min: -3, max: 3, noNaN: true });

/** An interpreter as in kernels: one register for each live value. */
const runInRegisters = (program: e.Program, at: number, parameter: number): number[] => {
  const { count, targets } = e.allocateRegisters(program);
  const registers = new Array<number>(count).fill(Number.NaN);
  registers[0] = at;
  const uniforms: number[] = [];
  const read = ({ kind, index }: e.Operand): number => {
    if (kind === 'argument') return registers[0] as number;
    if (kind === 'value') return registers[targets[index] as number] as number;
    if (kind === 'uniform') return uniforms[index] as number;
    return kind === 'constant' ? (program.constants[index] as number) : parameter;
  };
  for (const { op, operands } of program.uniforms) uniforms.push(applyOperation(op, operands.map(read)));
  for (const [index, { op, operands }] of program.instructions.entries())
    registers[targets[index] as number] = applyOperation(op, operands.map(read));
  return program.results.map(read);
};

describe('programs', () => {
  it('evaluate to the same values as their expressions, also with allocated registers', () => {
    fc.assert(
      fc.property(
        fc.array(anyFormulas, { minLength: 1, maxLength: 3 }),
        numbers,
        numbers,
        (formulas, at, parameter) => {
          const all = formulas.flatMap(formula => successiveDerivatives(formula, 1));
          const program = e.linearise(all, ['p']);
          const wanted = all.map(formula => treeValue(formula, at, parameter) + 0);
          expect(e.evaluateScalar(program, at, { p: parameter }).map(value => value + 0)).toEqual(wanted);
          expect(runInRegisters(program, at, parameter).map(value => value + 0)).toEqual(wanted);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('satisfy their documented invariants', () => {
    fc.assert(
      fc.property(fc.array(anyFormulas, { minLength: 1, maxLength: 3 }), formulas => {
        const { uniforms, instructions, results, constants } = e.linearise(formulas, ['p']);
        expect(new Set(constants.map(String)).size).toBe(constants.length);
        const used = new Set<string>();
        const mark = (operands: readonly e.Operand[]): void => {
          for (const { kind, index } of operands) used.add(`${kind} ${index}`);
        };
        for (const [at, { op, operands }] of uniforms.entries()) {
          expect(operands).toHaveLength(e.operationArity[op]);
          for (const { kind, index } of operands)
            expect(kind === 'constant' || kind === 'parameter' || (kind === 'uniform' && index < at)).toBe(true);
          mark(operands);
        }
        for (const [at, { op, operands }] of instructions.entries()) {
          expect(operands).toHaveLength(e.operationArity[op]);
          for (const { kind, index } of operands) expect(kind !== 'value' || index < at).toBe(true);
          expect(operands.some(({ kind }) => kind === 'argument' || kind === 'value')).toBe(true);
          mark(operands);
        }
        mark(results);
        for (const at of instructions.keys()) expect(used).toContain(`value ${at}`);
        for (const at of uniforms.keys()) expect(used).toContain(`uniform ${at}`);
        const texts = instructions.map(({ op, operands }) => JSON.stringify([op, operands]));
        expect(new Set(texts).size).toBe(texts.length);
        for (const [at, { op, operands }] of instructions.entries()) {
          const other = texts.indexOf(JSON.stringify([op === 'sin' ? 'cos' : 'sin', operands]));
          if ((op === 'sin' || op === 'cos') && other >= 0) expect(Math.abs(other - at)).toBe(1);
        }
      }),
    );
  });

  it('are as short as hand-written ones', () => {
    const omega = e.parameter('omega');
    const program = e.linearise(successiveDerivatives(e.sin(e.mul(omega, x)), 2), ['omega']);
    expect(program.uniforms.map(({ op }) => op)).toEqual(['neg', 'mul']);
    expect(program.instructions.map(({ op }) => op)).toEqual(['mul', 'sin', 'cos', 'mul', 'mul']);
    // Only the three results are live at the end: the phase's register is free again.
    expect(e.allocateRegisters(program).count).toBe(3);
  });

  it('share commuted and duplicate subexpressions', () => {
    const a = e.parameter('a');
    const { instructions, results } = e.linearise([e.mul(x, a), e.mul(a, x), e.sub(x, a), e.sub(a, x)], ['a']);
    expect(instructions.map(({ op }) => op)).toEqual(['mul', 'sub', 'sub']);
    expect(results[0]).toEqual(results[1]);
  });

  it('may have constants, parameters and the argument as results', () => {
    const { results, constants } = e.linearise(
      [x, e.constant(1), e.parameter('a'), e.neg(e.parameter('a'))],
      ['b', 'a'],
    );
    expect(results).toEqual([
      { kind: 'argument', index: 0 },
      { kind: 'constant', index: 0 },
      { kind: 'parameter', index: 1 },
      { kind: 'uniform', index: 0 },
    ]);
    expect(constants).toEqual([1]);
  });

  it('reject a parameter that is not in the list, and one without a value', () => {
    expect(() => e.linearise([e.parameter('b')], ['a'])).toThrow(
      new RangeError("unknown parameter 'b' in a formula; known: a"),
    );
    expect(() => e.evaluateScalar(e.linearise([x], ['a']), 1)).toThrow("parameter 'a' has no value");
  });
});
