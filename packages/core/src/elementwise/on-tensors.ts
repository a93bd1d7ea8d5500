/** @file Runs a program in ordinary tfjs ops, on any backend. */
import {
  abs,
  add,
  cast,
  clipByValue,
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
  reciprocal,
  relu,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  step,
  sub,
  type Tensor,
  tanh,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { Instruction, Operand, Program } from './instructions.ts';
import { applyOperation, type Operation } from './operations.ts';

/** A power of two, so the product is exact. */
const MAGNIFICATION = 2 ** 60;

/**
 * sign(x), with sign(0) = 0. The wasm backend's op returns 0 for all |x| below about 1e-6 (tfjs 4.22.0); with the
 * magnification, below 1e-24.
 */
const signOf = (x: Tensor): Tensor => sign(mul(x, MAGNIFICATION));

type TensorOperand = Tensor | number;

/**
 * Each operation as one op, with at least one tensor operand. Uses the faster op of tfjs for a special case, where
 * there is one.
 */
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
  mul: (a, b) => (a === b ? square(a) : mul(a, b)),
  div: (a, b) => (a === 1 ? reciprocal(b) : div(a, b)),
  min: (a, b) => minimum(a, b),
  // relu propagates NaN on all backends, maximum does not.
  max: (a, b) => (b === 0 ? relu(a) : maximum(a, b)),
  greater: (a, b) => (b === 0 ? step(a) : cast(greater(a, b), 'float32')),
};

const isScalar = ({ kind }: Operand): boolean => kind !== 'argument' && kind !== 'value';

/** A number or a scalar tensor, broadcast to the shape of x. */
const spread = (value: TensorOperand, x: Tensor): Tensor => {
  if (typeof value === 'number') return value === 0 ? zerosLike(x) : fill(x.shape, value);
  return value.rank === 0 && x.rank > 0 ? add(zerosLike(x), value) : value;
};

/** The inputs of a program. */
export interface TensorInputs {
  /** `f32[...]` */
  readonly x: Tensor;
  /** All parameters of the program, each `f32[]` or a number. */
  readonly parameters: Readonly<Record<string, Tensor | number>>;
  /** The values of the program's first results, where they are already computed. */
  readonly known?: readonly Tensor[];
  /** The index of the first result to return; 0 if absent. */
  readonly from?: number;
  /** The index behind the last result to return; the number of results if absent. */
  readonly to?: number;
}

/**
 * Runs a program in tfjs ops. Computes only what the requested results depend on.
 *
 * @returns the requested results, each a new tensor of x's shape
 */
export const evaluateTensors = (program: Program, inputs: TensorInputs): Tensor[] => {
  const { x, parameters, known = [], from, to } = inputs;
  return tidy(() => {
    const done = { uniform: new Map<number, TensorOperand>(), value: new Map<number, TensorOperand>() };
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
    const selected = ([test, yes, no]: readonly Operand[]): Tensor => {
      const [a, b] = [read(yes as Operand), read(no as Operand)];
      // The op `where` would need both scalars broadcast to tensors, which takes the wasm backend about a hundred times
      // as long.
      if (isScalar(yes as Operand) && isScalar(no as Operand)) {
        const isYes = read(test as Operand);
        return add(a === 1 ? isYes : mul(isYes, a), mul(sub(1, isYes), b));
      }
      return where(condition(test as Operand), spread(a, x), spread(b, x));
    };
    /** min(max(a, low), high) with two constants, as one op. */
    const clipped = ([inner, high]: readonly Operand[]): Tensor | undefined => {
      const made = instructionOf(inner as Operand);
      if (made?.op !== 'max') return undefined;
      const [a, low, top] = [...made.operands, high as Operand].map(read) as [
        TensorOperand,
        TensorOperand,
        TensorOperand,
      ];
      const isClip = typeof a !== 'number' && typeof low === 'number' && typeof top === 'number' && low <= top;
      return isClip ? clipByValue(a, low, top) : undefined;
    };
    const run = ({ op, operands }: Instruction): TensorOperand => {
      if (op === 'select') return selected(operands);
      const whole = op === 'min' ? clipped(operands) : undefined;
      if (whole !== undefined) return whole;
      const values = operands.map(read);
      if (values.every(value => typeof value === 'number')) return applyOperation(op, values);
      return simple[op](values[0] as TensorOperand, values[1] ?? 0);
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
      const whole = isScalar(operand) ? spread(value, x) : (value as Tensor);
      if (given.has(whole)) return clone(whole);
      given.add(whole);
      return whole;
    });
  });
};
