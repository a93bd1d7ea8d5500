/** @file Random formulas of x and a parameter p, and their reference evaluation. */
import type { TaylorAlgebra, TaylorNumber } from '@neural-fields/testing';
import fc from 'fast-check';
import { applyOperation } from '../../src/elementwise/operations.ts';
import * as e from '../../src/elementwise.ts';

export const p: e.Expression = e.parameter('p');

const leaves = fc.oneof(
  { weight: 4, arbitrary: fc.constant<e.Expression>(e.argument) },
  { weight: 2, arbitrary: fc.constant(p) },
  { weight: 1, arbitrary: fc.integer({ min: -8, max: 8 }).map(i => e.constant(i / 4)) },
);

/** Operations that keep values moderate, so that no test depends on overflow. */
const smooth1 = [
  e.neg,
  e.sin,
  e.cos,
  e.tanh,
  e.sigmoid,
  e.softplus,
  (a: e.Expression) => e.exp(e.neg(e.square(a))),
  (a: e.Expression) => e.sqrt(e.add(e.square(a), 1)),
  (a: e.Expression) => e.log(e.add(e.square(a), 2)),
  (a: e.Expression) => e.div(1, e.add(e.square(a), 1)),
];
const smooth2 = [e.add, e.sub, e.mul, (a: e.Expression, b: e.Expression) => e.div(a, e.add(e.square(b), 1))];
const kinked1 = [...smooth1, e.abs, e.sign, e.floor, (a: e.Expression) => e.clip(a, -0.5, 0.75)];
const kinked2 = [
  ...smooth2,
  e.min,
  e.max,
  e.greater,
  (a: e.Expression, b: e.Expression) => e.select(e.greater(a, b), e.sin(a), b),
];

const formulas = (
  unary: readonly ((a: e.Expression) => e.Expression)[],
  binary: readonly ((a: e.Expression, b: e.Expression) => e.Expression)[],
): fc.Arbitrary<e.Expression> => {
  const { formula } = fc.letrec<{ formula: e.Expression }>(tie => ({
    formula: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'formula' },
      leaves,
      fc.tuple(fc.constantFrom(...unary), tie('formula')).map(([make, a]) => make(a)),
      fc.tuple(fc.constantFrom(...binary), tie('formula'), tie('formula')).map(([make, a, b]) => make(a, b)),
    ),
  }));
  return formula;
};

/** Formulas with derivatives of every order. */
export const smoothFormulas: fc.Arbitrary<e.Expression> = formulas(smooth1, smooth2);

/** Formulas of all operations. */
export const anyFormulas: fc.Arbitrary<e.Expression> = formulas(kinked1, kinked2);

/** The value of a formula, by direct recursion. */
export const treeValue = (expression: e.Expression, x: number, parameter: number): number => {
  if (expression.kind === 'argument') return x;
  if (expression.kind === 'constant') return expression.value;
  if (expression.kind === 'parameter') return parameter;
  return applyOperation(
    expression.op,
    expression.operands.map(operand => treeValue(operand, x, parameter)),
  );
};

/** A smooth formula in Taylor arithmetic. */
export const taylorValue = (
  t: TaylorAlgebra,
  expression: e.Expression,
  x: TaylorNumber,
  parameter: TaylorNumber,
): TaylorNumber => {
  if (expression.kind === 'argument') return x;
  if (expression.kind === 'constant') return t.constant(expression.value);
  if (expression.kind === 'parameter') return parameter;
  const [a, b] = expression.operands.map(operand => taylorValue(t, operand, x, parameter)) as [
    TaylorNumber,
    TaylorNumber,
  ];
  const one = t.constant(1);
  switch (expression.op) {
    case 'neg':
      return t.scale(a, -1);
    case 'sigmoid':
      return t.div(one, t.add(one, t.exp(t.scale(a, -1))));
    case 'softplus':
      return t.log(t.add(one, t.exp(a)));
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return t[expression.op](a, b);
    case 'exp':
    case 'log':
    case 'sin':
    case 'cos':
    case 'tanh':
    case 'sqrt':
      return t[expression.op](a);
    default:
      throw new RangeError(`no Taylor series for ${expression.op}`);
  }
};
