/** @file Sines and cosines of linear functions of the input: what positional encoding and Fourier features share. */
import type { LayerJet } from '@neural-fields/core';
import {
  add,
  cos,
  floor,
  matMul,
  mul,
  neg,
  reshape,
  sin,
  stack,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { compose, curvatureOf, type Forms } from './compose.ts';

/** The angle of a full turn, in radians. */
export const TURN: number = 2 * Math.PI;

/** What the phases are. */
export interface Phases {
  /** `f32[inFeatures, f]` */
  readonly weight: Tensor2D;
  /** The angle that one unit of h W stands for: 1 for radians, {@link TURN} for turns. */
  readonly unit: number;
}

/** Whole turns are taken off where phases are counted in turns: it is exact, and no digit of a large angle is lost to its size. */
const withoutWholeTurns = (turns: Tensor2D): Tensor2D => sub(turns, floor(add(turns, 0.5)));

const times = (x: Tensor3D, weight: Tensor2D, unit: number): Tensor3D => {
  const [k, n, inFeatures] = x.shape;
  const product = matMul(reshape(x, [k * n, inFeatures]), weight);
  return reshape(unit === 1 ? product : mul(product, unit), [k, n, weight.shape[1]]);
};

/** The jet of the phases z = unit h W. The value has lost whole turns, which sine and cosine do not see. */
const phaseJet = ({ value, first, second }: LayerJet, { weight, unit }: Phases): LayerJet => {
  const product: Tensor2D = matMul(value, weight);
  return {
    value: unit === TURN ? mul(withoutWholeTurns(product), unit) : mul(product, unit),
    ...(first && { first: times(first, weight, unit) }),
    ...(second && { second: times(second, weight, unit) }),
  };
};

/** Two tensors' last axes as one: a_0, b_0, a_1, b_1 ... */
const interleave = <T extends Tensor2D | Tensor3D>(a: T, b: T): T => {
  const shape: number[] = [...a.shape];
  shape.push(2 * (shape.pop() as number));
  const joined: Tensor = reshape(stack([a, b], -1), shape);
  return joined as T;
};

/** Which of the two comes first in each pair of features. */
export type PairOrder = 'sine-cosine' | 'cosine-sine';

/** The jet of sin z and cos z, in pairs: `f32[n, 2 f]`. */
export const sinusoids = (input: LayerJet, phases: Phases, order: PairOrder, forms: Forms | undefined): LayerJet => {
  const z = phaseJet(input, phases);
  const curvature = curvatureOf(z, forms);
  const [sine, cosine] = [sin(z.value), cos(z.value)];
  const [negativeSine, negativeCosine] = [neg(sine), neg(cosine)];
  const sines = compose(z, curvature, { value: sine, slope: cosine, bend: negativeSine });
  const cosines = compose(z, curvature, { value: cosine, slope: negativeSine, bend: negativeCosine });
  const [a, b] = order === 'sine-cosine' ? [sines, cosines] : [cosines, sines];
  return {
    value: interleave(a.value, b.value),
    ...(a.first && b.first && { first: interleave(a.first, b.first) }),
    ...(a.second && b.second && { second: interleave(a.second, b.second) }),
  };
};
