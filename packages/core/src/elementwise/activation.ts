/**
 * @file What an activation is: a scalar function s with its first three derivatives.
 *
 * A jet needs s' and s'', and its backward pass needs s''' (see `jets/activation-jet.ts`). They do not come from the
 * automatic differentiation of tfjs, whose nested reverse mode gives wrong second derivatives for every op whose
 * gradient saves its output. {@link defineActivation} makes a definition from a formula.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { byParameter, successiveDerivatives } from './differentiate.ts';
import { argument, type Expression, parameter } from './expression.ts';
import { linearise, type Program } from './instructions.ts';
import { evaluateTensors } from './on-tensors.ts';

/** The values of an activation's parameters as scalars `f32[]`. */
export type ActivationParameters = Readonly<Record<string, Tensor>>;

/** The number of derivatives to compute; 0 for the value alone. */
export type DerivativeOrder = 0 | 1 | 2 | 3;

/** s, s', s'' and s'''. */
export type DerivativeExpressions = readonly [Expression, Expression, Expression, Expression];

/** The derivatives of s, s' and s'' with respect to one parameter. */
export type ParameterExpressions = readonly [Expression, Expression, Expression];

/** What the activation x -> s'(x) needs beyond the formulas of s; see `elementwise/tangent.ts`. */
export interface FourthExpressions {
  /** s'''' */
  readonly value: Expression;
  /** The derivative of s''' with respect to each parameter; differentiated by rule if absent. */
  readonly byParameter: Readonly<Record<string, Expression>>;
}

/** The formulas of an activation, from which kernels are generated. */
export interface ActivationExpressions {
  readonly derivatives: DerivativeExpressions;
  /** For every parameter, by name, in the order of the definition. */
  readonly byParameter: Readonly<Record<string, ParameterExpressions>>;
  /** Differentiated by rule if absent. */
  readonly fourth?: FourthExpressions;
}

/** A scalar function applied to each element, with everything that jets need. */
export interface ActivationDefinition {
  readonly kind: string;
  /** The parameters' names with their default values. */
  readonly parameters: Readonly<Record<string, number>>;
  /**
   * The parameters whose initial values must be positive; the others may have any finite value. Training does not
   * constrain them.
   */
  readonly positive?: readonly string[];
  /** The formulas. A definition written in tfjs ops has none: it runs op by op, not in the backend's own kernels. */
  readonly expressions?: ActivationExpressions;
  /**
   * The scale of the argument at these parameter values: s^(k) is about steepness^k. Kernels that store derivatives in
   * half precision divide by it. 1 if absent.
   */
  readonly steepness?: (parameters: Readonly<Record<string, number>>) => number;
  /**
   * s and its derivatives at `x`.
   *
   * @param x `f32[...]`
   * @returns `[s(x), s'(x), ..., s^(order)(x)]`, each of `x`'s shape; all new tensors. A definition with a kink
   *   documents its values there. NaN propagates on the cpu and wasm backends (shaders may lose it).
   */
  derivatives(x: Tensor, parameters: ActivationParameters, order: DerivativeOrder): Tensor[];
  /**
   * The derivatives of s, s' and s'' with respect to a learnable parameter p.
   *
   * @param values what `derivatives` returned at `x`, of one order more than is needed here
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
   * The derivatives of s, s' and s'' with respect to each parameter, where a closed form is better than differentiation
   * by rule.
   */
  readonly byParameter?: (
    x: Expression,
    parameters: FormulaParameters<P>,
    derivatives: DerivativeExpressions,
  ) => { readonly [Name in P]: ParameterExpressions };
  /**
   * s'''' and the derivatives of s''' with respect to parameters, where closed forms are better than differentiation by
   * rule.
   */
  readonly fourth?: (
    x: Expression,
    parameters: FormulaParameters<P>,
    derivatives: DerivativeExpressions,
  ) => FourthExpressions;
}

/**
 * An activation as a formula: s alone, or s with its derivatives where a closed form is better than differentiation by
 * rule.
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
 * Makes an activation from its formula, which gives the tfjs ops, the derivatives that are not given, and the code of
 * kernels.
 *
 *     const swish = defineActivation({ kind: 'swish', parameters: { beta: 1 }, value: (x, { beta }) => mul(x, sigmoid(mul(beta, x))) });
 *
 * Derivatives by rule are exact in exact arithmetic, but the rules do not avoid overflow or cancellation, and have
 * fixed values at kinks (see `differentiate`). Where that is not good enough, give s, s', s'' and s''' as
 * `derivatives`, and as `fourth` what Hessian-vector products need beyond them.
 *
 * @throws RangeError when the formula uses a parameter that is not in the list
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
