/** @file Activations and their derivatives in WGSL, printed from the formulas of their definitions. */

import type { ActivationExpressions } from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';
import { literal, printFormulas } from './formula.ts';
import { indent, lines, reads, type StorageBinding, writes } from './shader.ts';
import { storeSum, sumDeclarations } from './workgroup-sum.ts';

/** The order of the highest derivative: 0 is the value alone. */
export type Order = 0 | 1 | 2 | 3;

/** The activation of a layer. */
export interface LayerActivation {
  readonly kind: string;
  /** Absent for the identity. */
  readonly definition?: ActivationDefinition;
  /**
   * The values of its parameters, in the order of the definition; for learned ones the initial values, as the current
   * values are read from a buffer.
   */
  readonly parameters: Readonly<Record<string, number>>;
  readonly learnable: readonly string[];
  /** The learned parameters that differ between fields; none if absent. */
  readonly own?: readonly string[];
}

/** A dense layer: h W + b, followed by its activation. */
export interface DenseLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly activation: LayerActivation;
  /** Whether each of many fields has its own weight, and its own bias. */
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

/** The factor of an activation's argument. */
export const steepnessOf = ({ definition, parameters }: LayerActivation): number =>
  definition?.steepness?.(parameters) ?? 1;

/** The derivatives of an activation that a rule needs. */
export interface NeededDerivatives {
  /** Order of the derivatives of s. */
  readonly order: Order;
  /** Order of the derivatives with respect to the learned parameters; none if absent. */
  readonly learnedOrder?: Order;
}

/** The field of {@link activate}'s result with the derivative of the k-th derivative by learned parameter i. */
export const learnedName = (i: number, k: number): string => `p${i}_${k}`;

const upTo = (order: Order): number[] => Array.from({ length: order + 1 }, (_, k) => k);

/**
 * The function `activate(x, p0, p1, ...)` and all functions that it calls. It returns a `Derivatives` with the value
 * and the derivatives of an activation as the fields s0, s1, ..., and those by its learned parameters as
 * {@link learnedName}.
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

/** A call of `activate` of {@link activationFunctions}, with the parameters of {@link parameterStatements}. */
export const activate = ({ parameters }: LayerActivation, x: string): string =>
  `activate(${[x, ...Object.keys(parameters).map((_, index) => `p${index}`)].join(', ')})`;

/**
 * The index of a learned parameter in `learnedParameters`: shared parameters have one entry, own ones one for each
 * field.
 */
const learnedIndex = ({ learnable, own = [] }: LayerActivation, name: string): string => {
  const before = learnable.slice(0, learnable.indexOf(name));
  if (own.length === 0) return String(before.length);
  const ownBefore = before.filter(other => own.includes(other)).length;
  return `${before.length - ownBefore}u + ${ownBefore}u * sizes.fields${own.includes(name) ? ' + field' : ''}`;
};

/**
 * Statements that define the parameters p0, p1, ... of an activation; learned ones are read from `learnedParameters`.
 */
export const parameterStatements = (activation: LayerActivation): string =>
  lines(
    ...Object.entries(activation.parameters).map(([name, value], index) => {
      const isLearned = activation.learnable.includes(name);
      return `let p${index}: f32 = ${isLearned ? `learnedParameters[${learnedIndex(activation, name)}]` : literal(value)};`;
    }),
  );

/** The code of a shader that sums the gradients of learned parameters; empty if there are none. */
export interface LearnedSums {
  readonly storage: readonly StorageBinding[];
  readonly declarations: readonly string[];
  /** Statements that define the variables `learned0`, `learned1`, ..., in which each thread accumulates. */
  readonly begin: string;
  /** Statements that store the sums of a workgroup, given its index; all threads must execute them. */
  readonly end: (workgroup: string) => string;
}

/**
 * The code for workgroups of `threads` threads. The sums of workgroup w are `learnedSums[w * count + i]` for the
 * `count` learned parameters.
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
        `let learnedIndex = (${workgroup}) * ${count}u;`,
        ...all.map(i => storeSum(`learned${i}`, 'learnedSums', `learnedIndex + ${i}u`)),
      ),
  };
};
