/**
 * @file Derivatives of expressions by rule.
 *
 * What the rules say of kinks: sign, floor and greater have the derivative 0 everywhere, and |a| has sign(a), which is
 * 0 at 0. max(a, b) and min(a, b) have the derivative of b where a = b, so that of max(x, 0) at 0 is 0; `clip` has 0 at
 * either end. Those of `select` are those of its branches. The delta functions of jumps are left out. A formula that
 * wants another value at a kink gives its derivative itself.
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

/** An expression as a factor that is the same for all elements, times the rest. */
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

/** The products of derivatives, with everything that is the same for all elements in one factor. */
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
    // Halving is exact, so a 2 below the line may join what is above.
    return isTwo(factor) ? div(times(a, div(1, factor)), rest) : div(a, b);
  };
  return { times, over };
};

/** Whether two variables are the same. */
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
    const slope = (operand: Expression): Expression => derivative(operand);
    switch (whole.op) {
      case 'neg':
        return neg(slope(a));
      case 'abs':
        return times(sign(a), slope(a));
      case 'sign':
      case 'floor':
      case 'greater':
        return constant(0);
      case 'sqrt':
        return over(slope(a), mul(2, whole));
      case 'exp':
        return times(whole, slope(a));
      case 'log':
        return over(slope(a), a);
      case 'sin':
        return times(cos(a), slope(a));
      case 'cos':
        return times(neg(sin(a)), slope(a));
      case 'tanh':
        return times(sub(1, mul(whole, whole)), slope(a));
      case 'sigmoid':
        // Not s (1 - s), which loses its digits where s is near 1.
        return times(mul(whole, sigmoid(neg(a))), slope(a));
      case 'softplus':
        return times(sigmoid(a), slope(a));
      case 'add':
        return add(slope(a), slope(b));
      case 'sub':
        return sub(slope(a), slope(b));
      case 'mul':
        return a === b ? times(mul(2, a), slope(a)) : add(times(slope(a), b), times(a, slope(b)));
      case 'div':
        // Not (a' b - a b') / b^2, whose square overflows.
        return over(sub(slope(a), times(whole, slope(b))), b);
      case 'min':
        return select(greater(b, a), slope(a), slope(b));
      case 'max':
        return select(greater(a, b), slope(a), slope(b));
      case 'select':
        return select(a, slope(b), slope(c));
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

/** f and its derivatives with respect to x up to `order`, by rule. @returns `[f, f', ..., f^(order)]` */
export const successiveDerivatives = (expression: Expression, order: number): readonly Expression[] => {
  const result = [expression];
  for (let k = 1; k <= order; k++) result.push(differentiate(result[k - 1] as Expression));
  return result;
};

/** The derivatives of each of several expressions with respect to one parameter, by rule. */
export const byParameter = (expressions: readonly Expression[], name: string): readonly Expression[] =>
  expressions.map(expression => differentiate(expression, parameter(name)));
