/** @file What a penalty is: how an error e becomes a loss, as a formula with the slope that its gradient has. */
import { customGrad, mul, type Tensor } from '@tensorflow/tfjs-core';
import type { FormulaParameters } from './activation.ts';
import { differentiate } from './differentiate.ts';
import { argument, type Expression, parameter } from './expression.ts';
import { linearise } from './instructions.ts';
import { evaluateTensors } from './on-tensors.ts';

/** How an error e becomes a loss, element by element. Made by {@link definePenalty}. */
export interface Penalty {
  readonly kind: string;
  /** The values of the parameters by name. */
  readonly parameters: Readonly<Record<string, number>>;
  /** The penalty, its derivative and its second one, of the error as the argument. */
  readonly expressions: {
    readonly value: Expression;
    readonly firstDerivative: Expression;
    readonly secondDerivative: Expression;
  };
}

/** A penalty as a formula. */
export interface PenaltyFormula<P extends string> {
  readonly kind: string;
  /** The parameters with their values; none if absent. */
  readonly parameters?: { readonly [Name in P]: number };
  readonly value: (error: Expression, parameters: FormulaParameters<P>) => Expression;
  /** The derivative, where a closed form is better than what the rules give. */
  readonly firstDerivative?: (error: Expression, parameters: FormulaParameters<P>) => Expression;
  /** The second derivative, likewise. */
  readonly secondDerivative?: (error: Expression, parameters: FormulaParameters<P>) => Expression;
}

/**
 * Makes a penalty of its formula. Its slope comes from the rules of `differentiate`, by which that of |e| at 0 is 0.
 *
 *     const cauchy = (c: number) => definePenalty({ kind: 'cauchy', parameters: { c }, value: (e, { c }) => log(add(1, square(div(e, c)))) });
 *
 * @throws RangeError when a parameter is not a finite number, or the formula has one that is not in the list
 */
export const definePenalty = <P extends string = never>({
  kind,
  value,
  firstDerivative,
  secondDerivative,
  ...formula
}: PenaltyFormula<P>): Penalty => {
  const parameters: Readonly<Record<string, number>> = formula.parameters ?? {};
  for (const [name, given] of Object.entries(parameters))
    if (!Number.isFinite(given)) throw new RangeError(`${kind}: ${name} must be a finite number, got ${given}`);
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
 * The penalties of errors, element by element, in tfjs ops. Gradients run through it.
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
 * The derivatives of penalties along a direction in which the errors move, element by element, in tfjs ops: slope(e)
 * e'. Gradients run through it, with respect to both.
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
