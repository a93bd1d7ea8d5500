/**
 * @file What an activation is: a scalar function s with its first three derivatives.
 *
 * A jet needs s' and s'', and its reverse pass needs s''' (see `layers/activation-jet.ts`). Automatic differentiation
 * of tfjs is not used for them: nested reverse mode gives wrong second derivatives for every op whose gradient saves
 * its output. {@link defineActivation} makes one of a formula.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { byParameter, successiveDerivatives } from './differentiate.ts';
import { argument, type Expression, parameter } from './expression.ts';
import { linearise, type Program } from './instructions.ts';
import { evaluateTensors } from './on-tensors.ts';

/** The values of an activation's parameters as scalars `f32[]`. */
export type ActivationParameters = Readonly<Record<string, Tensor>>;

/** How many derivatives are wanted: 0 is the value alone. */
export type DerivativeOrder = 0 | 1 | 2 | 3;

/** s, s', s'' and s'''. */
export type DerivativeExpressions = readonly [Expression, Expression, Expression, Expression];

/** The derivatives of s, s' and s'' with respect to one parameter. */
export type ParameterExpressions = readonly [Expression, Expression, Expression];

/** What the slope s' has beyond the formulas of s; see `elementwise/tangent.ts`. */
export interface FourthExpressions {
  /** s'''' */
  readonly value: Expression;
  /** The derivative of s''' with respect to each parameter; by rule where absent. */
  readonly byParameter: Readonly<Record<string, Expression>>;
}

/** The formulas of an activation: what kernels are made from. */
export interface ActivationExpressions {
  readonly derivatives: DerivativeExpressions;
  /** By the names of all parameters, in the order of the definition. */
  readonly byParameter: Readonly<Record<string, ParameterExpressions>>;
  /** By rule if absent. */
  readonly fourth?: FourthExpressions;
}

/** A scalar function that acts on each element, with everything that jets need. */
export interface ActivationDefinition {
  readonly kind: string;
  /** The parameters' names with their default values. */
  readonly parameters: Readonly<Record<string, number>>;
  /**
   * Names of the parameters that must be positive at the start; the others may have any finite value. Learning does not
   * constrain them.
   */
  readonly positive?: readonly string[];
  /**
   * The formulas. A definition that is written in tfjs ops has none: backends run it op by op, not in a kernel of their
   * own.
   */
  readonly expressions?: ActivationExpressions;
  /**
   * The factor on the argument, for these values of the parameters: with it, s^(k) is about steepness^k. Kernels that
   * store derivatives with few bits divide by it. 1 if absent.
   */
  readonly steepness?: (parameters: Readonly<Record<string, number>>) => number;
  /**
   * s and its derivatives at `x`.
   *
   * @param x `f32[...]`
   * @returns `[s(x), s'(x), ..., s^(order)(x)]`, each of `x`'s shape; all new tensors. A definition with a kink says
   *   which values it has there. Where x is NaN, so is s on the cpu and wasm backends (shaders may lose it).
   */
  derivatives(x: Tensor, parameters: ActivationParameters, order: DerivativeOrder): Tensor[];
  /**
   * The derivative with respect to one parameter p of s, s' and s'', for learnable parameters.
   *
   * @param values what `derivatives` returned at `x`, with one order more than is wanted here
   * @returns `[ds/dp, ds'/dp, ...]`, one fewer than `values`
   */
  parameterDerivatives?(
    parameter: string,
    x: Tensor,
    parameters: ActivationParameters,
    values: readonly Tensor[],
  ): Tensor[];
}

/** The parameters of a formula by name. */
export type FormulaParameters<P extends string> = { readonly [Name in P]: Expression };

interface FormulaSettings<P extends string> {
  readonly kind: string;
  /** The parameters' names with their default values; none if absent. */
  readonly parameters?: { readonly [Name in P]: number };
  readonly positive?: readonly P[];
  readonly steepness?: (parameters: { readonly [Name in P]: number }) => number;
  /**
   * The derivatives of s, s' and s'' with respect to each parameter, where a closed form is better than what the rules
   * give.
   */
  readonly byParameter?: (
    x: Expression,
    parameters: FormulaParameters<P>,
    derivatives: DerivativeExpressions,
  ) => { readonly [Name in P]: ParameterExpressions };
  /**
   * s'''' and the derivatives of s''' with respect to parameters, where closed forms are better than what the rules
   * give.
   */
  readonly fourth?: (
    x: Expression,
    parameters: FormulaParameters<P>,
    derivatives: DerivativeExpressions,
  ) => FourthExpressions;
}

/**
 * An activation as a formula: s alone, or s with its derivatives where a closed form is better than what the rules
 * give.
 */
export type ActivationFormula<P extends string> = FormulaSettings<P> &
  (
    | { readonly value: (x: Expression, parameters: FormulaParameters<P>) => Expression; readonly derivatives?: never }
    | {
        readonly derivatives: (x: Expression, parameters: FormulaParameters<P>) => DerivativeExpressions;
        readonly value?: never;
      }
  );

const expressionsOf = <P extends string>(formula: ActivationFormula<P>, names: readonly P[]): ActivationExpressions => {
  const parameters = Object.fromEntries(names.map(name => [name, parameter(name)])) as FormulaParameters<P>;
  const derivatives = formula.derivatives
    ? formula.derivatives(argument, parameters)
    : (successiveDerivatives(formula.value(argument, parameters), 3) as DerivativeExpressions);
  const given: Partial<Readonly<Record<P, ParameterExpressions>>> =
    formula.byParameter?.(argument, parameters, derivatives) ?? {};
  const fourth = formula.fourth?.(argument, parameters, derivatives);
  return {
    derivatives,
    byParameter: Object.fromEntries(
      names.map(name => [name, given[name] ?? (byParameter(derivatives.slice(0, 3), name) as ParameterExpressions)]),
    ),
    ...(fourth && { fourth }),
  };
};

/**
 * Makes an activation of its formula. From it come the tfjs ops, the derivatives that are not given, and the code of
 * kernels.
 *
 *     const swish = defineActivation({ kind: 'swish', parameters: { beta: 1 }, value: (x, { beta }) => mul(x, sigmoid(mul(beta, x))) });
 *
 * Derivatives by rule are exact, but the rules do not see what may overflow or cancel, and they have fixed values at
 * kinks (see `differentiate`); where these do not suit, `derivatives` gives s, s', s'' and s''', and `fourth` what
 * products with a Hessian need beyond them.
 *
 * @throws RangeError when the formula has a parameter that is not in the list
 */
export const defineActivation = <P extends string = never>(formula: ActivationFormula<P>): ActivationDefinition => {
  const { kind, positive, steepness } = formula;
  const parameters: Readonly<Record<string, number>> = formula.parameters ?? {};
  const names = Object.keys(parameters) as P[];
  const expressions = expressionsOf(formula, names);
  const program = linearise(expressions.derivatives, names);
  const programs = new Map<string, Program>();
  const programOf = (name: string): Program => {
    const made =
      programs.get(name) ??
      linearise([...expressions.derivatives, ...(expressions.byParameter[name] as ParameterExpressions)], names);
    programs.set(name, made);
    return made;
  };
  return {
    kind,
    parameters,
    ...(positive && { positive }),
    ...(steepness && { steepness: steepness as (values: Readonly<Record<string, number>>) => number }),
    expressions,
    derivatives: (x, values, order) => evaluateTensors(program, { x, parameters: values, to: order + 1 }),
    ...(names.length > 0 && {
      parameterDerivatives: (name: string, x: Tensor, values: ActivationParameters, known: readonly Tensor[]) =>
        evaluateTensors(programOf(name), { x, parameters: values, known, from: 4, to: 3 + known.length }),
    }),
  };
};
