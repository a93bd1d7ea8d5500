/** @file Compiles core's elementwise formulas to instructions for the interpreter of `assembly/formula.ts`. */
import {
  allocateRegisters,
  type Expression,
  type Program as FormulaProgram,
  type Instruction,
  linearise,
  type Operand,
  type Operation,
} from '@neural-fields/core/elementwise';
import { constants } from '../generated/records.ts';
import { advance, type Image, type Pointer, type RecordValues } from './image.ts';
import type { Packings, ValueSource } from './packings.ts';

const { ENTRY_BYTES, REGISTER_BYTES } = constants;

/** The opcode of an operation of core; each must have one in `assembly/formula.ts`. */
const opcodeOf = (op: Operation): number => constants[`OP_${op.toUpperCase() as Uppercase<Operation>}`];

/** A formula in a program image. */
export interface EncodedFormula {
  readonly pointer: Pointer;
  readonly registerCount: number;
}

/** An operand of an instruction. */
interface Source {
  readonly offset: number;
  /** 0 for an entry of the table. */
  readonly step: number;
}

const NOTHING: Source = { offset: 0, step: 0 };

/** The table of values that are the same for all elements, and the formulas that use it. */
export class FormulaTable {
  readonly pointer: Pointer;
  readonly #image: Image;
  readonly #packings: Packings;
  readonly #names: readonly string[];
  readonly #expressions: readonly (readonly Expression[])[];
  readonly #programs: readonly FormulaProgram[];
  /** The first entry of each program's constants; its uniforms follow. */
  readonly #starts: readonly number[];

  /**
   * @param parameters in the order of the formulas' names: a number, or the source of a learned parameter
   * @param formulas each with its results as expressions
   */
  constructor(
    image: Image,
    packings: Packings,
    {
      parameters,
      formulas,
    }: {
      readonly parameters: readonly { readonly name: string; readonly value: number | ValueSource }[];
      readonly formulas: readonly (readonly Expression[])[];
    },
  ) {
    this.#image = image;
    this.#packings = packings;
    this.#names = parameters.map(({ name }) => name);
    this.#expressions = formulas;
    this.#programs = formulas.map(expressions => linearise(expressions, this.#names));
    let entries = parameters.length;
    this.#starts = this.#programs.map(({ constants: numbers, uniforms }) => {
      const start = entries;
      entries += numbers.length + uniforms.length;
      return start;
    });
    const values = new Float32Array((ENTRY_BYTES / 4) * entries);
    const set = (entry: number, value: number): void => {
      values.fill(value, (ENTRY_BYTES / 4) * entry, (ENTRY_BYTES / 4) * (entry + 1));
    };
    for (const [entry, { value }] of parameters.entries()) if (typeof value === 'number') set(entry, value);
    for (const [index, { constants: numbers }] of this.#programs.entries())
      for (const [i, value] of numbers.entries()) set((this.#starts[index] as number) + i, value);
    this.pointer = image.floats(values);
    for (const [entry, { value }] of parameters.entries())
      if (typeof value !== 'number')
        packings.add({
          kind: constants.PACK_ENTRY,
          ...value,
          rows: 1,
          columns: 1,
          target: advance(this.pointer, ENTRY_BYTES * entry),
        });
  }

  /** Encodes the formula with these expressions, one of those that the table was created for. */
  add(expressions: readonly Expression[]): EncodedFormula {
    const index = this.#expressions.indexOf(expressions);
    const program = this.#programs[index] as FormulaProgram;
    const start = this.#starts[index] as number;
    const registers = allocateRegisters(program);
    const firstUniform = start + program.constants.length;
    const sourceOf = ({ kind, index: at }: Operand): Source => {
      switch (kind) {
        case 'argument':
          return { offset: 0, step: 16 };
        case 'value':
          return { offset: REGISTER_BYTES * (registers.targets[at] as number), step: 16 };
        case 'parameter':
          return { offset: ENTRY_BYTES * at, step: 0 };
        case 'constant':
          return { offset: ENTRY_BYTES * (start + at), step: 0 };
        case 'uniform':
          return { offset: ENTRY_BYTES * (firstUniform + at), step: 0 };
      }
    };
    if (program.uniforms.length > 0) {
      const uniforms = program.uniforms.map((instruction, at) =>
        this.#instruction(
          opcodeOf(instruction.op),
          ENTRY_BYTES * (firstUniform + at),
          instruction.operands.map(sourceOf),
        ),
      );
      const source = this.#formula(uniforms, []);
      this.#packings.add({
        kind: constants.PACK_FORMULA,
        source,
        fieldBytes: 0,
        rows: 0,
        columns: 0,
        target: this.pointer,
      });
    }
    const targetOf = (at: number): number => REGISTER_BYTES * (registers.targets[at] as number);
    const instructions: RecordValues<'Instruction'>[] = [];
    for (let at = 0; at < program.instructions.length; at++) {
      const { op, operands } = program.instructions[at] as Instruction;
      const next = program.instructions[at + 1];
      if (next && isSineCosinePair(op, operands, next)) {
        const [sine, cosine] = op === 'sin' ? [at, at + 1] : [at + 1, at];
        const second = { second: targetOf(cosine) };
        instructions.push(
          this.#instruction(constants.OP_SINE_AND_COSINE, targetOf(sine), operands.map(sourceOf), second),
        );
        at += 1;
      } else instructions.push(this.#instruction(opcodeOf(op), targetOf(at), operands.map(sourceOf)));
    }
    let { count } = registers;
    /** Registers for results that are table entries. */
    const copies = new Map<number, number>();
    const results = program.results.map(result => {
      const source = sourceOf(result);
      if (source.step !== 0) return source.offset;
      const known = copies.get(source.offset);
      if (known !== undefined) return known;
      const target = REGISTER_BYTES * count++;
      copies.set(source.offset, target);
      instructions.push(this.#instruction(constants.OP_COPY, target, [source]));
      return target;
    });
    return { pointer: this.#formula(instructions, results), registerCount: count };
  }

  #formula(instructions: readonly RecordValues<'Instruction'>[], results: readonly number[]): Pointer {
    return this.#image.record('Formula', {
      instructions: this.#image.list('Instruction', instructions),
      instructionCount: instructions.length,
      results: this.#image.integers(results),
    });
  }

  #instruction(
    op: number,
    target: number,
    [a = NOTHING, b = NOTHING, c = NOTHING]: readonly Source[],
    { second = target }: { readonly second?: number } = {},
  ): RecordValues<'Instruction'> {
    return {
      op,
      target,
      secondTarget: second,
      offsetA: a.offset,
      stepA: a.step,
      offsetB: b.offset,
      stepB: b.step,
      offsetC: c.offset,
      stepC: c.step,
    };
  }
}

/** Whether an instruction and the next are the sine and the cosine of the same operand. */
const isSineCosinePair = (op: Operation, [a]: readonly Operand[], next: Instruction): boolean => {
  const other = op === 'sin' ? 'cos' : op === 'cos' ? 'sin' : undefined;
  const [b] = next.operands;
  return next.op === other && a?.kind === b?.kind && a?.index === b?.index;
};
