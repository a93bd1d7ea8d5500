import { add, mul, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import { mixedForms } from '../jets/quadratic-forms.ts';
import type { JetShape } from '../jets/request.ts';

/** The product rule for one part: a.part b.value + a.value b.part; absent parts are 0. */
const leibniz = (a: LayerJet, b: LayerJet, part: 'first' | 'second'): Tensor3D | undefined => {
  const left = a[part] && mul<Tensor3D>(a[part], b.value);
  const right = b[part] && mul<Tensor3D>(a.value, b[part]);
  return left && right ? add<Tensor3D>(left, right) : (left ?? right);
};

/**
 * The product of two jets, element by element:
 *
 *     h0 = a0 b0      h1_k = a1_k b0 + a0 b1_k      h2_j = a2_j b0 + a0 b2_j + 2 sum_kl A_jkl a1_k b1_l
 */
export const productJet = (a: LayerJet, b: LayerJet, { forms }: JetShape): LayerJet => {
  const first = leibniz(a, b, 'first');
  const straight = leibniz(a, b, 'second');
  const mixed = forms && a.first && b.first && (mixedForms(a.first, b.first, forms) as Tensor3D);
  const second = straight && mixed ? add<Tensor3D>(straight, mixed) : (straight ?? mixed);
  return { value: mul<Tensor2D>(a.value, b.value), ...(first && { first }), ...(second && { second }) };
};
