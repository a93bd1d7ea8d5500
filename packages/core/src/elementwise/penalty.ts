/** @file Penalties: functions that map an error e to a loss, as formulas with their derivatives. */

import { customGrad, mul, type Tensor } from '@tensorflow/tfjs-core';
import { assertFinite } from '../assert-number.ts';
import type { FormulaParameters } from './activation.ts';
import { differentiate } from './differentiate.ts';
import { argument, type Expression, parameter } from './expression.ts';
import { linearise } from './instructions.ts';
import { evaluateTensors } from './on-tensors.ts';

/** A function that maps an error e to a loss, element by element. Made by {@link definePenalty}. */
export interface Penalty {
  readonly kind: string;
  /** The values of the parameters by name. */
  readonly parameters: Readonly<Record<string, number>>;
  /** The penalty and its first two derivatives, as functions of the error. */
  readonly expressions: {
    readonly value: Expression;
    readonly firstDerivative: Expression;
    readonly secondDerivative: Expression;
  };
}

/** A penalty as a formula. */
export interface PenaltyFormula<P extends string> {
  readonly kind: string;
  /** The parameters and their values; none if absent. */
  readonly parameters?: { readonly [Name in P]: number };
  readonly value: (error: Expression, parameters: FormulaParameters<P>) => Expression;
  /** The first derivative, where a closed form is better than differentiation by rule. */
  readonly firstDerivative?: (error: Expression, parameters: FormulaParameters<P>) => Expression;
  /** The second derivative, likewise. */
  readonly secondDerivative?: (error: Expression, parameters: FormulaParameters<P>) => Expression;
}

/**
 * Makes a penalty from its formula, differentiated by the rules of `differentiate`: the derivative of |e| at 0 is 0.
 *
 *     const cauchy = (c: number) => definePenalty({ kind: 'cauchy', parameters: { c }, value: (e, { c }) => log(add(1, square(div(e, c)))) });
 *
 * @throws RangeError when a parameter is not a finite number, or the formula uses one that is not in the list
 */
export const definePenalty = <P extends string = never>({
  kind,
  value,
  firstDerivative,
  secondDerivative,
  ...formula
}: PenaltyFormula<P>): Penalty => {
  const parameters: Readonly<Record<string, number>> = formula.parameters ?? {};
  for (const [name, given] of Object.entries(parameters)) assertFinite(`${kind}: ${name}`, given);
  const names = Object.keys(parameters);
  const symbols = Object.fromEntries(names.map(name => [name, parameter(name)])) as FormulaParameters<P>;
  const size = value(argument, symbols);
  const first = firstDerivative ? firstDerivative(argument, symbols) : differentiate(size);
  const second = secondDerivative ? secondDerivative(argument, symbols) : differentiate(first);
  const expressions = { value: size, firstDerivative: first, secondDerivative: second };
  linearise(Object.values(expressions), names);
  return Object.freeze({ kind, parameters, expressions });
};

/**
 * The penalties of errors, element by element, in tfjs ops. Differentiable.
 *
 * @param errors `f32[...]`
 * @returns the same shape
 */
export const penalise = <T extends Tensor>({ parameters, expressions }: Penalty, errors: T): T => {
  const program = linearise([expressions.value, expressions.firstDerivative], Object.keys(parameters));
  const penalties = customGrad((x, save) => {
    const [error, keep] = [x as Tensor, save as (tensors: Tensor[]) => void];
    const [value] = evaluateTensors(program, { x: error, parameters, to: 1 }) as [Tensor];
    keep([error, value]);
    return {
      value,
      gradFunc: (upstream, [at, known]) => {
        const [derivative] = evaluateTensors(program, {
          x: at as Tensor,
          parameters,
          known: [known as Tensor],
          from: 1,
        }) as [Tensor];
        return mul(derivative, upstream);
      },
    };
  });
  return penalties(errors) as T;
};

/**
 * The directional derivatives of penalties, p'(e) e', element by element, in tfjs ops. Differentiable with respect to
 * both.
 *
 * @param errors `f32[...]`
 * @param tangents e', of the same shape
 * @returns the same shape
 */
export const penaltyTangent = <T extends Tensor>({ parameters, expressions }: Penalty, errors: T, tangents: T): T => {
  const program = linearise([expressions.firstDerivative, expressions.secondDerivative], Object.keys(parameters));
  const products = customGrad((...given) => {
    const [error, tangent, keep] = given as [Tensor, Tensor, (tensors: Tensor[]) => void];
    const [derivative] = evaluateTensors(program, { x: error, parameters, to: 1 }) as [Tensor];
    keep([error, tangent, derivative]);
    return {
      value: mul(derivative, tangent),
      gradFunc(upstream: Tensor, saved: Tensor[]) {
        const [at, along, known] = saved as [Tensor, Tensor, Tensor];
        const [second] = evaluateTensors(program, { x: at, parameters, known: [known], from: 1 }) as [Tensor];
        return [mul(mul(second, along), upstream), mul(known, upstream)];
      },
    };
  });
  return products(errors, tangents) as T;
};
