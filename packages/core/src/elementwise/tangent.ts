/**
 * @file Derivatives of activations as activations. The tangent of h = s(z; p) in the direction (z', p') is
 *
 *     h' = s'(z; p) z' + sum_p p' ds/dp(z; p)
 *
 * {@link derivativeActivationOf} makes an activation of s', and {@link parameterTangentOf} one of the sum, with p' as
 * further parameters. Both have derivatives, up to s'''', so tangents have jets and a backward pass like any
 * activation.
 */
import {
  type ActivationDefinition,
  type ActivationExpressions,
  defineActivation,
  type FourthExpressions,
} from './activation.ts';
import { differentiate } from './differentiate.ts';
import { add, constant, type Expression, mul, parameter } from './expression.ts';

const expressionsOf = ({ kind, expressions }: ActivationDefinition): ActivationExpressions => {
  if (expressions === undefined)
    throw new TypeError(
      `tangent: the activation '${kind}' must be defined by a formula (defineActivation), got one in tfjs ops`,
    );
  return expressions;
};

/** s'''' and the derivatives of s''' with respect to all parameters. */
const fourthOf = (definition: ActivationDefinition): FourthExpressions => {
  const { derivatives, byParameter, fourth } = expressionsOf(definition);
  const [, , , s3] = derivatives;
  const names = Object.keys(byParameter);
  return {
    value: fourth?.value ?? differentiate(s3),
    byParameter: Object.fromEntries(
      names.map(name => [name, fourth?.byParameter[name] ?? differentiate(s3, parameter(name))]),
    ),
  };
};

const derivativeActivations = new WeakMap<ActivationDefinition, ActivationDefinition>();

const makeDerivativeActivation = (definition: ActivationDefinition): ActivationDefinition => {
  const { kind, parameters, positive, steepness } = definition;
  const { derivatives, byParameter } = expressionsOf(definition);
  const [, s1, s2, s3] = derivatives;
  const fourth = fourthOf(definition);
  return defineActivation({
    kind: `derivative of ${kind}`,
    parameters,
    ...(positive && { positive }),
    ...(steepness && { steepness }),
    derivatives: () => [s1, s2, s3, fourth.value],
    byParameter: () =>
      Object.fromEntries(
        Object.entries(byParameter).map(
          ([name, [, p1, p2]]) => [name, [p1, p2, fourth.byParameter[name] as Expression]] as const,
        ),
      ),
  });
};

/**
 * The activation x -> s'(x), with the parameters of s. Memoized.
 *
 * @throws TypeError when the activation has no formula
 */
export const derivativeActivationOf = (definition: ActivationDefinition): ActivationDefinition => {
  const known = derivativeActivations.get(definition) ?? makeDerivativeActivation(definition);
  derivativeActivations.set(definition, known);
  return known;
};

/** The name of p' among the parameters of {@link parameterTangentOf}. */
export const tangentName = (name: string): string => `tangent of ${name}`;

const parameterTangents = new WeakMap<ActivationDefinition, Map<string, ActivationDefinition>>();

const makeParameterTangent = (definition: ActivationDefinition, names: readonly string[]): ActivationDefinition => {
  const { kind, parameters, positive, steepness } = definition;
  const { byParameter } = expressionsOf(definition);
  const total = (part: (name: string) => Expression): Expression =>
    names.reduce<Expression>((sum, name) => add(sum, mul(parameter(tangentName(name)), part(name))), constant(0));
  const order = (k: 0 | 1 | 2) => total(name => byParameter[name]?.[k] ?? constant(0));
  const fourth = fourthOf(definition);
  return defineActivation({
    kind: `tangent of ${kind} by ${names.join(', ')}`,
    parameters: { ...parameters, ...Object.fromEntries(names.map(name => [tangentName(name), 0])) },
    ...(positive && { positive }),
    ...(steepness && { steepness }),
    // The derivative of ds''/dp with respect to x is ds'''/dp.
    derivatives: () => [order(0), order(1), order(2), total(name => fourth.byParameter[name] as Expression)],
  });
};

/**
 * The activation x -> sum_p p' ds/dp(x) over the parameters `names`, with each p' as a parameter named by {@link
 * tangentName}. Memoized.
 *
 * @throws TypeError when the activation has no formula
 */
export const parameterTangentOf = (
  definition: ActivationDefinition,
  names: readonly string[],
): ActivationDefinition => {
  const ofDefinition = parameterTangents.get(definition) ?? new Map<string, ActivationDefinition>();
  parameterTangents.set(definition, ofDefinition);
  const key = names.join('\n');
  const known = ofDefinition.get(key) ?? makeParameterTangent(definition, names);
  ofDefinition.set(key, known);
  return known;
};
