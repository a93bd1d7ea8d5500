/**
 * @file Formulas of a scalar x and named parameters as data: an activation or a penalty is written once, and its tfjs
 *   ops, the code of every kernel and its derivatives are generated from it.
 *
 * An expression is immutable, and its subexpressions may be shared: it is a directed acyclic graph, not a tree. The
 * constructors fold constants and drop zeros and ones. They do not reassociate sums and products: the author of a
 * formula decides what may overflow and what cancels.
 */
import { applyOperation, type Operation } from './operations.ts';

/** The variable x: each element that the formula is applied to. */
export interface Argument {
  readonly kind: 'argument';
}

/** A constant. */
export interface Constant {
  readonly kind: 'constant';
  readonly value: number;
}

/** A scalar that is the same for all elements, e.g. a frequency. */
export interface Parameter {
  readonly kind: 'parameter';
  readonly name: string;
}

/** An operation on other expressions. */
export interface Compound {
  readonly kind: 'operation';
  readonly op: Operation;
  readonly operands: readonly Expression[];
}

/** A formula. Made by the functions of this file. */
export type Expression = Argument | Constant | Parameter | Compound;

/** An expression, or a number to use as a constant. */
export type ExpressionLike = Expression | number;

/** x */
export const argument: Argument = Object.freeze({ kind: 'argument' });

/** A constant. */
export const constant = (value: number): Constant => Object.freeze({ kind: 'constant', value });

/** The parameter of that name. */
export const parameter = (name: string): Parameter => Object.freeze({ kind: 'parameter', name });

const toExpression = (like: ExpressionLike): Expression => (typeof like === 'number' ? constant(like) : like);

/** Whether an expression is this constant; 0 and -0 are the same. */
export const isConstant = (expression: Expression, value: number): boolean =>
  expression.kind === 'constant' && expression.value === value;

const isOperation = (expression: Expression, op: Operation): expression is Compound =>
  expression.kind === 'operation' && expression.op === op;

const operation = (op: Operation, ...operands: readonly Expression[]): Expression => {
  const values = operands.flatMap(operand => (operand.kind === 'constant' ? [operand.value] : []));
  if (values.length === operands.length) return constant(applyOperation(op, values));
  return Object.freeze({ kind: 'operation', op, operands: Object.freeze(operands) });
};

const unary =
  (op: Operation) =>
  (a: ExpressionLike): Expression =>
    operation(op, toExpression(a));

/** -a */
export const neg = (a: ExpressionLike): Expression => {
  const value = toExpression(a);
  return isOperation(value, 'neg') ? (value.operands[0] as Expression) : operation('neg', value);
};

/** a + b */
export const add = (a: ExpressionLike, b: ExpressionLike): Expression => {
  const [left, right] = [toExpression(a), toExpression(b)];
  if (isConstant(left, 0)) return right;
  if (isConstant(right, 0)) return left;
  if (isOperation(right, 'neg')) return sub(left, right.operands[0] as Expression);
  if (isOperation(left, 'neg')) return sub(right, left.operands[0] as Expression);
  return operation('add', left, right);
};

/** a - b */
export const sub = (a: ExpressionLike, b: ExpressionLike): Expression => {
  const [left, right] = [toExpression(a), toExpression(b)];
  if (isConstant(left, 0)) return neg(right);
  if (isConstant(right, 0)) return left;
  if (isOperation(right, 'neg')) return add(left, right.operands[0] as Expression);
  return operation('sub', left, right);
};

/** a b. The product with the constant 0 is 0. */
export const mul = (a: ExpressionLike, b: ExpressionLike): Expression => {
  const [left, right] = [toExpression(a), toExpression(b)];
  if (isConstant(left, 0) || isConstant(right, 0)) return constant(0);
  if (isConstant(left, 1)) return right;
  if (isConstant(right, 1)) return left;
  if (isConstant(left, -1)) return neg(right);
  if (isConstant(right, -1)) return neg(left);
  return operation('mul', left, right);
};

/** a / b. 0 divided by anything but a constant is 0. */
export const div = (a: ExpressionLike, b: ExpressionLike): Expression => {
  const [left, right] = [toExpression(a), toExpression(b)];
  if (isConstant(right, 1)) return left;
  if (isConstant(left, 0) && right.kind !== 'constant') return constant(0);
  return operation('div', left, right);
};

/** a^2, as a product */
export const square = (a: ExpressionLike): Expression => mul(a, a);

/** The square root. */
export const sqrt: (a: ExpressionLike) => Expression = unary('sqrt');
/** e^a */
export const exp: (a: ExpressionLike) => Expression = unary('exp');
/** The natural logarithm. */
export const log: (a: ExpressionLike) => Expression = unary('log');
/** The sine of an angle in radians. */
export const sin: (a: ExpressionLike) => Expression = unary('sin');
/** The cosine of an angle in radians. */
export const cos: (a: ExpressionLike) => Expression = unary('cos');
/** The hyperbolic tangent. */
export const tanh: (a: ExpressionLike) => Expression = unary('tanh');
/** 1 / (1 + exp(-a)), without overflow */
export const sigmoid: (a: ExpressionLike) => Expression = unary('sigmoid');
/** log(1 + exp(a)), without overflow */
export const softplus: (a: ExpressionLike) => Expression = unary('softplus');
/** |a| */
export const abs: (a: ExpressionLike) => Expression = unary('abs');
/** -1, 0 or 1; the sign of 0 is 0 */
export const sign: (a: ExpressionLike) => Expression = unary('sign');
/** The largest integer <= a. */
export const floor: (a: ExpressionLike) => Expression = unary('floor');

/** The smaller of two. */
export const min = (a: ExpressionLike, b: ExpressionLike): Expression =>
  operation('min', toExpression(a), toExpression(b));

/** The larger of two. */
export const max = (a: ExpressionLike, b: ExpressionLike): Expression =>
  operation('max', toExpression(a), toExpression(b));

/** a clipped to [low, high] */
export const clip = (a: ExpressionLike, low: ExpressionLike, high: ExpressionLike): Expression =>
  min(max(a, low), high);

/** 1 where a > b, else 0 */
export const greater = (a: ExpressionLike, b: ExpressionLike): Expression =>
  operation('greater', toExpression(a), toExpression(b));

/** a where the condition is 1, b where it is 0. The condition comes from {@link greater}, or is a product of such. */
export const select = (condition: ExpressionLike, a: ExpressionLike, b: ExpressionLike): Expression => {
  const [test, yes, no] = [toExpression(condition), toExpression(a), toExpression(b)];
  if (test.kind === 'constant') return test.value === 0 ? no : yes;
  if (yes === no) return yes;
  if (yes.kind === 'constant' && no.kind === 'constant') {
    if (yes.value === no.value) return yes;
    if (yes.value === 1 && no.value === 0) return test;
  }
  return operation('select', test, yes, no);
};
