/**
 * @file The operations of elementwise formulas: a closed set, so that every evaluator and kernel can implement all of
 *   them.
 */

/** The number of operands of each operation. */
export const operationArity = {
  neg: 1,
  abs: 1,
  sign: 1,
  floor: 1,
  sqrt: 1,
  exp: 1,
  log: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  sigmoid: 1,
  softplus: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  min: 2,
  max: 2,
  greater: 2,
  select: 3,
} as const;

/** The name of an operation. */
export type Operation = keyof typeof operationArity;

/** Without overflow, for all x. */
const sigmoidOf = (x: number): number => {
  const t = Math.exp(-Math.abs(x));
  return (x < 0 ? t : 1) / (1 + t);
};

/** The definition of each operation, in float64. */
const meanings: Readonly<Record<Operation, (a: number, b: number, c: number) => number>> = {
  neg: a => -a,
  abs: Math.abs,
  /** -1, 0 or 1 */
  sign: Math.sign,
  floor: Math.floor,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  /** 1 / (1 + exp(-a)) */
  sigmoid: sigmoidOf,
  /** log(1 + exp(a)) */
  softplus: a => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  /** 1 where a > b, else 0 */
  greater: (a, b) => (a > b ? 1 : 0),
  /** b where a is 1, c where a is 0 */
  select: (a, b, c) => (a === 0 ? c : b),
};

/** An operation as a function in float64; it ignores operands beyond its arity. */
export const operationFunction = (op: Operation): ((a: number, b: number, c: number) => number) => meanings[op];

/** The value of an operation in float64. @param operands as many as its arity */
export const applyOperation = (op: Operation, operands: readonly number[]): number => {
  const [a = 0, b = 0, c = 0] = operands;
  return meanings[op](a, b, c);
};
