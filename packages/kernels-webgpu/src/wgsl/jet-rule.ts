/**
 * @file The activation's rule for the jet of one point and four features, and its reverse; the formulas stand in core's
 * `layers/activation-jet.ts`. A jet is a list of blocks: the value, the first derivatives, the second-order forms.
 */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core';
import type { Order } from './activations.ts';
import { literal } from './formula.ts';
import { lines } from './shader.ts';

/** What is carried beside the value. */
export interface JetShape {
  /** First derivatives: 0 or the number of coordinates. */
  readonly first: number;
  /** Second-order forms. */
  readonly second: number;
  /** Form j is the sum over p of `weights[j][p]` z_k z_l with (k, l) = `pairs[p]`. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly weights: readonly (readonly number[])[];
}

/** The jet of a network. */
export const jetShapeOf = ({ inFeatures, order, forms }: FieldJetNetwork): JetShape => ({
  first: order >= 1 ? inFeatures : 0,
  second: forms?.weights.length ?? 0,
  pairs: forms?.pairs ?? [],
  weights: forms?.weights ?? [],
});

/** The value alone. */
export const valueOnly: JetShape = { first: 0, second: 0, pairs: [], weights: [] };

/** The number of blocks. */
export const blockCount = ({ first, second }: JetShape): number => 1 + first + second;

/** The derivatives of s that the rule needs. */
export const forwardOrder = ({ first, second }: JetShape): Order => (second > 0 ? 2 : first > 0 ? 1 : 0);

/** The derivatives of s that the reverse needs. */
export const reverseOrder = (shape: JetShape): Order => (forwardOrder(shape) + 1) as Order;

/** A sum of terms with weights as an expression; 0 if there are none. */
const weightedSum = (terms: readonly (readonly [weight: number, term: string])[]): string => {
  const present = terms.filter(([weight]) => weight !== 0);
  if (present.length === 0) return 'vec4(0.0)';
  return present.map(([weight, term]) => (weight === 1 ? term : `${literal(weight)} * ${term}`)).join(' + ');
};

/** Statements that define `h0`, `h1`, ... from `z0`, `z1`, ..., with `suffix` behind each name. */
export const forwardRule = ({ kind }: FieldJetLayer['activation'], shape: JetShape, suffix = ''): string => {
  const { first, second, pairs, weights } = shape;
  const z = (block: number): string => `z${block}${suffix}`;
  const h = (block: number): string => `h${block}${suffix}`;
  const blocks = Array.from({ length: blockCount(shape) }, (_, block) => block);
  if (kind === 'identity') return lines(...blocks.map(block => `let ${h(block)} = ${z(block)};`));
  const s = `s${suffix}`;
  return lines(
    `let ${s} = activate(${z(0)}, a, b);`,
    `let ${h(0)} = ${s}.s0;`,
    ...Array.from({ length: first }, (_, k) => `let ${h(k + 1)} = ${s}.s1 * ${z(k + 1)};`),
    ...Array.from({ length: second }, (_, j) => {
      const block = 1 + first + j;
      const form = weightedSum(pairs.map(([k, l], p) => [weights[j]?.[p] as number, `${z(k + 1)} * ${z(l + 1)}`]));
      return `let ${h(block)} = ${s}.s1 * ${z(block)} + ${s}.s2 * (${form});`;
    }),
  );
};

/** Statements that add to `learned` what {@link reverseRule} says. */
const learnedRule = (kind: string, { first, second }: JetShape): string => {
  if (kind === 'prelu')
    return lines(
      'let low = z0 <= vec4(0.0);',
      `learned += dot(min(z0, vec4(0.0)), g0)${first > 0 ? ' + dot(select(vec4(0.0), vec4(1.0), low), along)' : ''};`,
    );
  if (kind === 'finer')
    return lines(
      // 2 |x| + 1 is u'.
      'let across = 1.0 / (abs(z0) * 2.0 + 1.0); let r = (abs(z0) + 1.0) * z0 * across;',
      'learned += dot(r * s.s1, g0);',
      first > 0 ? 'let r1 = (across * across + 1.0) * 0.5; learned += dot(r1 * s.s1 + r * s.s2, along);' : '',
      second > 0
        ? 'let r2 = sign(z0) * across * across * across * -2.0; learned += dot(r2 * s.s1 + 2.0 * r1 * s.s2 + r * s.s3, cross);'
        : '',
    );
  return lines(
    'learned += dot(z0 * s.s1, g0);',
    first > 0 ? 'learned += dot(s.s1 + z0 * s.s2, along);' : '',
    second > 0 ? 'learned += dot(2.0 * s.s2 + z0 * s.s3, cross);' : '',
  );
};

/**
 * Statements that turn `g0`, `g1`, ..., the derivatives of the loss with respect to the outputs, into those with respect to the pre-activations
 * `z0`, `z1`, .... All g are variables. With `learns` they add to `learned` the sum over the features that the derivative with respect to a learned
 * parameter is proportional to: with s_k for the k-th derivative of s, and r_k for that of a function r,
 *
 *     r s_1 g0 + (r s_1)' (sum_k z1_k g1_k + sum_j z2_j g2_j) + (r s_1)'' sum_j q_j g2_j
 *     (r s_1)' = r_1 s_1 + r s_2        (r s_1)'' = r_2 s_1 + 2 r_1 s_2 + r s_3
 *
 * For parameters that only scale the argument (core's `activations/scale.ts`) r = x; for the frequency of FINER, s = sin(omega u(x)) with
 * u = (|x| + 1) x, r = u / u'; and for the slope of prelu it is min(x, 0) g0 + [x <= 0] (sum_k z1_k g1_k + sum_j z2_j g2_j).
 */
export const reverseRule = (
  { kind }: FieldJetLayer['activation'],
  shape: JetShape,
  { learns }: { readonly learns: boolean },
): string => {
  if (kind === 'identity') return '';
  const { first, second, pairs, weights } = shape;
  const others = Array.from({ length: blockCount(shape) - 1 }, (_, index) => index + 1);
  const forms = Array.from({ length: second }, (_, j) => 1 + first + j);
  return lines(
    'let s = activate(z0, a, b);',
    first > 0 ? `let along = ${others.map(block => `z${block} * g${block}`).join(' + ')};` : '',
    ...pairs.map((_, p) => `let u${p} = ${weightedSum(weights.map((row, j) => [row[p] as number, `g${1 + first + j}`]))};`),
    second > 0 ? `let cross = ${pairs.map(([k, l], p) => `u${p} * z${k + 1} * z${l + 1}`).join(' + ') || 'vec4(0.0)'};` : '',
    learns ? learnedRule(kind, shape) : '',
    `g0 = s.s1 * g0${first > 0 ? ' + s.s2 * along' : ''}${second > 0 ? ' + s.s3 * cross' : ''};`,
    ...Array.from({ length: first }, (_, k) => `g${k + 1} = s.s1 * g${k + 1};`),
    ...pairs.flatMap(([k, l], p) => [`g${k + 1} += s.s2 * u${p} * z${l + 1};`, `g${l + 1} += s.s2 * u${p} * z${k + 1};`]),
    ...forms.map(block => `g${block} = s.s1 * g${block};`),
  );
};

/** Statements that define the parameters `a` and `b` of an activation; those that are learned are read from `learnedParameters`. */
export const parameterStatements = ({ parameters, learnable }: FieldJetLayer['activation']): string => {
  const names = Object.keys(parameters);
  return lines(
    ...['a', 'b'].map((symbol, index) => {
      const name = names[index];
      const place = learnable.indexOf(name ?? '');
      const value = place >= 0 ? `learnedParameters[${place}]` : literal(name === undefined ? 0 : (parameters[name] as number));
      return `let ${symbol}: f32 = ${value};`;
    }),
  );
};
