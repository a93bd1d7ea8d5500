/**
 * @file Symbolic differentiation of expressions.
 *
 * At kinks: sign, floor and greater have the derivative 0 everywhere, and |a| has sign(a), which is 0 at 0. max(a, b)
 * and min(a, b) have the derivative of b where a = b, so that of max(x, 0) at 0 is 0; `clip` has 0 at either end.
 * `select` has the derivative of the selected branch. The Dirac deltas of jumps are omitted. A formula that needs
 * another value at a kink gives its derivative explicitly.
 */
import {
  type Argument,
  abs,
  add,
  argument,
  type Compound,
  constant,
  cos,
  div,
  type Expression,
  greater,
  isConstant,
  mul,
  neg,
  type Parameter,
  parameter,
  select,
  sigmoid,
  sign,
  sin,
  sub,
} from './expression.ts';

/** Whether an expression is the same for all elements. */
type IsUniform = (expression: Expression) => boolean;

const uniformity = (): IsUniform => {
  const known = new Map<Expression, boolean>();
  const isUniform: IsUniform = expression => {
    if (expression.kind !== 'operation') return expression.kind !== 'argument';
    const found = known.get(expression) ?? expression.operands.every(isUniform);
    known.set(expression, found);
    return found;
  };
  return isUniform;
};

/** Splits an expression into a factor that is the same for all elements, and the rest. */
const factored = (expression: Expression, isUniform: IsUniform): readonly [factor: Expression, rest: Expression] => {
  if (isUniform(expression)) return [expression, constant(1)];
  if (expression.kind !== 'operation') return [constant(1), expression];
  const [a, b] = expression.operands as [Expression, Expression];
  if (expression.op === 'neg') {
    const [factor, rest] = factored(a, isUniform);
    return [neg(factor), rest];
  }
  if (expression.op === 'mul' && isUniform(a)) {
    const [factor, rest] = factored(b, isUniform);
    return [mul(a, factor), rest];
  }
  if (expression.op === 'mul' && isUniform(b)) {
    const [factor, rest] = factored(a, isUniform);
    return [mul(factor, b), rest];
  }
  return [constant(1), expression];
};

const isTwo = (expression: Expression): boolean => expression.kind === 'constant' && Math.abs(expression.value) === 2;

/** Products and quotients of derivatives, with everything that is the same for all elements in one factor. */
const arithmetic = (isUniform: IsUniform) => {
  const times = (a: Expression, b: Expression): Expression => {
    if (isConstant(a, 0) || isConstant(b, 0)) return constant(0);
    const [f, u] = factored(a, isUniform);
    const [g, v] = factored(b, isUniform);
    const sameSize = u.kind === 'operation' && u.op === 'sign' && u.operands[0] === v;
    const sizeOf = v.kind === 'operation' && v.op === 'sign' && v.operands[0] === u;
    return mul(mul(f, g), sameSize ? abs(v) : sizeOf ? abs(u) : mul(u, v));
  };
  const over = (a: Expression, b: Expression): Expression => {
    const [factor, rest] = factored(b, isUniform);
    // Halving is exact, so a 2 in the denominator may move to the numerator.
    return isTwo(factor) ? div(times(a, div(1, factor)), rest) : div(a, b);
  };
  return { times, over };
};

/** Whether an expression is the given variable. */
const isVariable = (expression: Expression, variable: Argument | Parameter): boolean =>
  variable.kind === 'parameter'
    ? expression.kind === 'parameter' && expression.name === variable.name
    : expression.kind === 'argument';

/**
 * The derivative of an expression with respect to x or to a parameter.
 *
 * @param variable {@link argument}, or `parameter(name)`
 */
export const differentiate = (expression: Expression, variable: Argument | Parameter = argument): Expression => {
  const { times, over } = arithmetic(uniformity());
  const known = new Map<Expression, Expression>();

  const rule = (whole: Compound): Expression => {
    const [a, b, c] = whole.operands as [Expression, Expression, Expression];
    switch (whole.op) {
      case 'neg':
        return neg(derivative(a));
      case 'abs':
        return times(sign(a), derivative(a));
      case 'sign':
      case 'floor':
      case 'greater':
        return constant(0);
      case 'sqrt':
        return over(derivative(a), mul(2, whole));
      case 'exp':
        return times(whole, derivative(a));
      case 'log':
        return over(derivative(a), a);
      case 'sin':
        return times(cos(a), derivative(a));
      case 'cos':
        return times(neg(sin(a)), derivative(a));
      case 'tanh':
        return times(sub(1, mul(whole, whole)), derivative(a));
      case 'sigmoid':
        // Not s (1 - s), which cancels where s is near 1.
        return times(mul(whole, sigmoid(neg(a))), derivative(a));
      case 'softplus':
        return times(sigmoid(a), derivative(a));
      case 'add':
        return add(derivative(a), derivative(b));
      case 'sub':
        return sub(derivative(a), derivative(b));
      case 'mul':
        return a === b ? times(mul(2, a), derivative(a)) : add(times(derivative(a), b), times(a, derivative(b)));
      case 'div':
        // Not (a' b - a b') / b^2: b^2 may overflow.
        return over(sub(derivative(a), times(whole, derivative(b))), b);
      case 'min':
        return select(greater(b, a), derivative(a), derivative(b));
      case 'max':
        return select(greater(a, b), derivative(a), derivative(b));
      case 'select':
        return select(a, derivative(b), derivative(c));
    }
  };

  const derivative = (operand: Expression): Expression => {
    if (operand.kind !== 'operation') return constant(isVariable(operand, variable) ? 1 : 0);
    const found = known.get(operand) ?? rule(operand);
    known.set(operand, found);
    return found;
  };
  return derivative(expression);
};

/** f and its derivatives with respect to x up to `order`. @returns `[f, f', ..., f^(order)]` */
export const successiveDerivatives = (expression: Expression, order: number): readonly Expression[] => {
  const result = [expression];
  for (let k = 1; k <= order; k++) result.push(differentiate(result[k - 1] as Expression));
  return result;
};

/** The derivatives of each of several expressions with respect to one parameter. */
export const byParameter = (expressions: readonly Expression[], name: string): readonly Expression[] =>
  expressions.map(expression => differentiate(expression, parameter(name)));
