/** @file Running a program in ordinary tfjs ops, on any backend. */
import {
  abs,
  add,
  cast,
  clone,
  cos,
  div,
  exp,
  fill,
  floor,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  step,
  sub,
  type Tensor,
  tanh,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Instruction, Operand, Program } from './instructions.ts';
import type { Operation } from './operations.ts';

/** A power of two, so the product is exact. */
const MAGNIFICATION = 2 ** 60;

/** sign(x), with sign(0) = 0. tfjs's op on wasm takes all |x| below some 1e-6 for 0 (4.22.0); magnified, that is 1e-24. */
const signOf = (x: Tensor): Tensor => sign(mul(x, MAGNIFICATION));

type TensorOperand = Tensor | number;

/** Those whose operands are tensors or numbers alike. */
const simple: Readonly<Record<Exclude<Operation, 'select'>, (a: TensorOperand, b: TensorOperand) => Tensor>> = {
  neg: a => neg(a),
  abs: a => abs(a as Tensor),
  sign: a => signOf(a as Tensor),
  floor: a => floor(a),
  sqrt: a => sqrt(a),
  exp: a => exp(a),
  log: a => log(a),
  sin: a => sin(a),
  cos: a => cos(a),
  tanh: a => tanh(a),
  sigmoid: a => sigmoid(a),
  softplus: a => softplus(a),
  add: (a, b) => add(a, b),
  sub: (a, b) => sub(a, b),
  mul: (a, b) => mul(a, b),
  div: (a, b) => div(a, b),
  min: (a, b) => minimum(a, b),
  // relu keeps NaN on all backends, maximum does not.
  max: (a, b) => (b === 0 ? relu(a) : maximum(a, b)),
  greater: (a, b) => (b === 0 ? step(a) : cast(greater(a, b), 'float32')),
};

/** What a program is run on. */
export interface TensorInputs {
  /** `f32[...]` */
  readonly x: Tensor;
  /** `f32[]` or a number each; all parameters of the program. */
  readonly parameters: Readonly<Record<string, Tensor | number>>;
  /** The values of the program's first results, where they are at hand. */
  readonly known?: readonly Tensor[];
  /** The first result that is wanted; 0 if absent. */
  readonly from?: number;
  /** One more than the last result that is wanted; all if absent. */
  readonly to?: number;
}

/**
 * Runs a program in tfjs ops. It computes only what the wanted results need.
 *
 * @returns the wanted results, each new and of x's shape
 */
export const evaluateTensors = (program: Program, inputs: TensorInputs): Tensor[] => {
  const { x, parameters, known = [], from, to } = inputs;
  return tidy(() => {
    const done = { uniform: new Map<number, Tensor>(), value: new Map<number, Tensor>() };
    for (const [index, tensor] of known.entries()) {
      const result = program.results[index];
      if (result?.kind === 'value') done.value.set(result.index, tensor);
    }
    const instructionOf = ({ kind, index }: Operand): Instruction | undefined =>
      kind === 'uniform' ? program.uniforms[index] : kind === 'value' ? program.instructions[index] : undefined;
    const condition = (operand: Operand): Tensor => {
      const made = instructionOf(operand);
      if (made?.op !== 'greater') return cast(read(operand), 'bool');
      const [a, b] = made.operands.map(read) as [TensorOperand, TensorOperand];
      return greater(a, b);
    };
    const run = ({ op, operands }: Instruction): Tensor => {
      const [a, b, c] = operands as [Operand, Operand, Operand];
      if (op === 'select') return where(condition(a), read(b) as Tensor, read(c) as Tensor);
      return simple[op](read(a), operands.length > 1 ? read(b) : 0);
    };
    const read = (operand: Operand): TensorOperand => {
      const { kind, index } = operand;
      if (kind === 'argument') return x;
      if (kind === 'constant') return program.constants[index] as number;
      if (kind === 'parameter') return parameters[program.parameters[index] as string] as TensorOperand;
      const found = done[kind].get(index) ?? run(instructionOf(operand) as Instruction);
      done[kind].set(index, found);
      return found;
    };
    const wanted = program.results.slice(from, to);
    if (x.size === 0) return wanted.map(() => zerosLike(x));
    const given = new Set<TensorOperand>([x, ...known, ...Object.values(parameters)]);
    return wanted.map(operand => {
      const value = read(operand);
      if (typeof value === 'number') return value === 0 ? zerosLike(x) : fill(x.shape, value);
      const whole = operand.kind === 'parameter' || operand.kind === 'uniform' ? add(zerosLike(x), value) : value;
      if (given.has(whole)) return clone(whole);
      given.add(whole);
      return whole;
    });
  });
};
