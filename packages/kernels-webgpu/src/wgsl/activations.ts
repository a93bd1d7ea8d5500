/** @file Activations and their derivatives in WGSL, printed from the formulas of their definitions. */

import type { ActivationExpressions } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';
import { literal, printFormulas } from './formula.ts';
import { indent, lines, reads, type StorageBinding, writes } from './shader.ts';
import { storeSum, sumDeclarations } from './workgroup-sum.ts';

/** How many derivatives: 0 is the value alone. */
export type Order = 0 | 1 | 2 | 3;

/** The activation of a layer. */
export interface LayerActivation {
  readonly kind: string;
  /** Absent for the identity. */
  readonly definition?: ActivationDefinition;
  /**
   * The values of its parameters in the order of the definition; of learned ones those at the start: the present ones
   * are read from a buffer.
   */
  readonly parameters: Readonly<Record<string, number>>;
  readonly learnable: readonly string[];
  /** Those of the learned ones that each of many fields has of its own; none if absent. */
  readonly own?: readonly string[];
}

/** A dense layer: h W + b, and then its activation. */
export interface DenseLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly activation: LayerActivation;
  /** Whether each of many fields has a weight, and a bias, of its own. */
  readonly ownWeight?: boolean;
  readonly ownBias?: boolean;
}

/** Whether fields differ in the parameters of an activation. */
export const isOwnActivation = (activation: LayerActivation | undefined): boolean => (activation?.own ?? []).length > 0;

/** Whether fields differ in a layer's parameters. */
export const isOwnLayer = ({ ownWeight = false, ownBias = false, activation }: DenseLayer): boolean =>
  ownWeight || ownBias || isOwnActivation(activation);

/** No activation. */
export const identity: LayerActivation = { kind: 'identity', parameters: {}, learnable: [] };

const expressionsOf = ({ kind, definition }: LayerActivation): ActivationExpressions => {
  if (definition?.expressions === undefined) throw new RangeError(`webgpu: no formulas for the activation '${kind}'`);
  return definition.expressions;
};

/** The factor on the argument of an activation. */
export const steepnessOf = ({ definition, parameters }: LayerActivation): number =>
  definition?.steepness?.(parameters) ?? 1;

/** What a rule needs of an activation. */
export interface NeededDerivatives {
  /** Of s. */
  readonly order: Order;
  /** Of those by the learned parameters; none if absent. */
  readonly learnedOrder?: Order;
}

/** The k-th derivative's derivative by learned parameter i, in {@link activate}'s result. */
export const learnedName = (i: number, k: number): string => `p${i}_${k}`;

const upTo = (order: Order): number[] => Array.from({ length: order + 1 }, (_, k) => k);

/**
 * The functions `activate(x, p0, p1, ...)` and all that it calls: the value of an activation and its derivatives as the
 * fields s0, s1, ... of a `Derivatives`, and those by its learned parameters as the fields of {@link learnedName}.
 */
export const activationFunctions = (
  activation: LayerActivation,
  { order, learnedOrder }: NeededDerivatives,
): string[] => {
  const names = Object.keys(activation.parameters);
  const { derivatives, byParameter } = expressionsOf(activation);
  const needed = [
    ...upTo(order).map(k => ({ name: `s${k}`, formula: derivatives[k] })),
    ...activation.learnable.flatMap((parameter, i) =>
      learnedOrder === undefined
        ? []
        : upTo(learnedOrder).map(k => ({ name: learnedName(i, k), formula: byParameter[parameter]?.[k] })),
    ),
  ].flatMap(({ name, formula }) => (formula ? [{ name, formula }] : []));
  const parameters = names.map((_, index) => `p${index}`);
  const formulas = needed.map(({ formula }) => formula);
  const { declarations, statements, results } = printFormulas(formulas, names, { argument: 'x', parameters });
  return [
    ...declarations,
    lines(
      `struct Derivatives { ${needed.map(({ name }) => `${name}: vec4<f32>`).join(', ')} }`,
      `fn activate(${['x: vec4<f32>', ...parameters.map(name => `${name}: f32`)].join(', ')}) -> Derivatives {`,
      indent(lines(statements, `return Derivatives(${results.join(', ')});`)),
      '}',
    ),
  ];
};

/** The call of {@link activationFunctions}' function with the parameters of {@link parameterStatements}. */
export const activate = ({ parameters }: LayerActivation, x: string): string =>
  `activate(${[x, ...Object.keys(parameters).map((_, index) => `p${index}`)].join(', ')})`;

/**
 * Where a learned parameter is in `learnedParameters`: one after the other, those of each field's own field by field.
 */
const learnedPlace = ({ learnable, own = [] }: LayerActivation, name: string): string => {
  const before = learnable.slice(0, learnable.indexOf(name));
  if (own.length === 0) return String(before.length);
  const ownBefore = before.filter(other => own.includes(other)).length;
  return `${before.length - ownBefore}u + ${ownBefore}u * sizes.fields${own.includes(name) ? ' + field' : ''}`;
};

/**
 * Statements that define the parameters p0, p1, ... of an activation; those that are learned are read from
 * `learnedParameters`.
 */
export const parameterStatements = (activation: LayerActivation): string =>
  lines(
    ...Object.entries(activation.parameters).map(([name, value], index) => {
      const isLearned = activation.learnable.includes(name);
      return `let p${index}: f32 = ${isLearned ? `learnedParameters[${learnedPlace(activation, name)}]` : literal(value)};`;
    }),
  );

/** What a shader needs to add up the derivatives by learned parameters, all empty where there are none. */
export interface LearnedSums {
  readonly storage: readonly StorageBinding[];
  readonly declarations: readonly string[];
  /** Statements that define the variables `learned0`, `learned1`, ..., to which each thread adds. */
  readonly begin: string;
  /** Statements that all threads come to, which store the sum of the workgroup with this number. */
  readonly end: (workgroup: string) => string;
}

/**
 * For workgroups of so many threads. The sums of workgroup w are `learnedSums[w * count + i]` for the `count` learned
 * parameters.
 */
export const learnedSums = (activation: LayerActivation | undefined, threads: number): LearnedSums => {
  const count = activation?.learnable.length ?? 0;
  if (count === 0) return { storage: [], declarations: [], begin: '', end: () => '' };
  const all = Array.from({ length: count }, (_, i) => i);
  return {
    storage: [reads('learnedParameters', 'f32'), writes('learnedSums', 'f32')],
    declarations: [sumDeclarations(threads)],
    begin: lines(...all.map(i => `var learned${i} = 0.0;`)),
    end: workgroup =>
      lines(
        `let learnedPlace = (${workgroup}) * ${count}u;`,
        ...all.map(i => storeSum(`learned${i}`, 'learnedSums', `learnedPlace + ${i}u`)),
      ),
  };
};
