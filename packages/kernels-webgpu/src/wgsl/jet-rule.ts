/**
 * @file The activation's rule for the jet of one point and four features, forward and backward; the formulas are in
 *   core's `jets/activation-jet.ts`. A jet is a list of blocks: the value, the first derivatives, the second-order
 *   forms.
 */
import type { JetShape as CoreJetShape } from '@neural-fields/core/layers';
import { activate, type LayerActivation, learnedName, type NeededDerivatives, type Order } from './activations.ts';
import { literal } from './formula.ts';
import { lines } from './shader.ts';

/** The derivatives that a jet carries. */
export interface JetShape {
  /** Number of first derivatives: 0 or the number of coordinates. */
  readonly first: number;
  /** Number of second-order forms. */
  readonly second: number;
  /** Form j is the sum over p of `weights[j][p]` z_k z_l with (k, l) = `pairs[p]`. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly weights: readonly (readonly number[])[];
}

/** Converts core's description of a jet. */
export const jetShapeOf = ({ inFeatures, order, forms }: CoreJetShape): JetShape => ({
  first: order >= 1 ? inFeatures : 0,
  second: forms?.weights.length ?? 0,
  pairs: forms?.pairs ?? [],
  weights: forms?.weights ?? [],
});

/** The value alone. */
export const valueOnly: JetShape = { first: 0, second: 0, pairs: [], weights: [] };

/** The number of blocks. */
export const blockCount = ({ first, second }: JetShape): number => 1 + first + second;

/** The order of the derivatives of s that the forward rule needs. */
export const forwardOrder = ({ first, second }: JetShape): Order => (second > 0 ? 2 : first > 0 ? 1 : 0);

/** The derivatives that the backward needs: of s, and by the learned parameters. */
export const backwardNeeds = (shape: JetShape): NeededDerivatives => {
  const learnedOrder = forwardOrder(shape);
  return { order: (learnedOrder + 1) as Order, learnedOrder };
};

/** A sum of terms with weights as an expression; 0 if there are none. */
export const weightedSum = (terms: readonly (readonly [weight: number, term: string])[]): string => {
  const present = terms.filter(([weight]) => weight !== 0);
  if (present.length === 0) return 'vec4(0.0)';
  return present.map(([weight, term]) => (weight === 1 ? term : `${literal(weight)} * ${term}`)).join(' + ');
};

/** Statements that define `h0`, `h1`, ... from `z0`, `z1`, ...; all names end in `suffix`. */
export const forwardRule = (activation: LayerActivation, shape: JetShape, suffix = ''): string => {
  const { first, second, pairs, weights } = shape;
  const z = (block: number): string => `z${block}${suffix}`;
  const h = (block: number): string => `h${block}${suffix}`;
  const blocks = Array.from({ length: blockCount(shape) }, (_, block) => block);
  if (activation.kind === 'identity') return lines(...blocks.map(block => `let ${h(block)} = ${z(block)};`));
  const s = `s${suffix}`;
  return lines(
    `let ${s} = ${activate(activation, z(0))};`,
    `let ${h(0)} = ${s}.s0;`,
    ...Array.from({ length: first }, (_, k) => `let ${h(k + 1)} = ${s}.s1 * ${z(k + 1)};`),
    ...Array.from({ length: second }, (_, j) => {
      const block = 1 + first + j;
      const form = weightedSum(pairs.map(([k, l], p) => [weights[j]?.[p] as number, `${z(k + 1)} * ${z(l + 1)}`]));
      return `let ${h(block)} = ${s}.s1 * ${z(block)} + ${s}.s2 * (${form});`;
    }),
  );
};

/**
 * Statements that turn `g0`, `g1`, ..., the derivatives of the loss with respect to the outputs, into those with
 * respect to the pre-activations `z0`, `z1`, .... All g are variables. To `learned0`, `learned1`, ... they add the
 * derivatives with respect to the learned parameters: with t_k for that of the k-th derivative of s,
 *
 *     t_0 g0 + t_1 (sum_k z1_k g1_k + sum_j z2_j g2_j) + t_2 sum_j q_j g2_j
 */
export const backwardRule = (activation: LayerActivation, shape: JetShape): string => {
  if (activation.kind === 'identity') return '';
  const { first, second, pairs, weights } = shape;
  const others = Array.from({ length: blockCount(shape) - 1 }, (_, index) => index + 1);
  const forms = Array.from({ length: second }, (_, j) => 1 + first + j);
  const learned = activation.learnable.map((_, i) => {
    const terms = ['g0', ...(first > 0 ? ['along'] : []), ...(second > 0 ? ['cross'] : [])];
    return `learned${i} += ${terms.map((term, k) => `dot(s.${learnedName(i, k)}, ${term})`).join(' + ')};`;
  });
  return lines(
    `let s = ${activate(activation, 'z0')};`,
    first > 0 ? `let along = ${others.map(block => `z${block} * g${block}`).join(' + ')};` : '',
    ...pairs.map(
      (_, p) => `let u${p} = ${weightedSum(weights.map((row, j) => [row[p] as number, `g${1 + first + j}`]))};`,
    ),
    second > 0
      ? `let cross = ${pairs.map(([k, l], p) => `u${p} * z${k + 1} * z${l + 1}`).join(' + ') || 'vec4(0.0)'};`
      : '',
    ...learned,
    `g0 = s.s1 * g0${first > 0 ? ' + s.s2 * along' : ''}${second > 0 ? ' + s.s3 * cross' : ''};`,
    ...Array.from({ length: first }, (_, k) => `g${k + 1} = s.s1 * g${k + 1};`),
    ...pairs.flatMap(([k, l], p) => [
      `g${k + 1} += s.s2 * u${p} * z${l + 1};`,
      `g${l + 1} += s.s2 * u${p} * z${k + 1};`,
    ]),
    ...forms.map(block => `g${block} = s.s1 * g${block};`),
  );
};
