import { type Field, type ParameterTerm, warmup } from '@neural-fields/core';
import { assertCount, assertOptions, assertPositive } from '@neural-fields/core/options';
import {
  abs,
  addN,
  cast,
  customGrad,
  lessEqual,
  mul,
  neg,
  reshape,
  type Scalar,
  slice,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  topk,
} from '@tensorflow/tfjs-core';
import { readerNames } from './readers.ts';

/** The options of {@link weakestDecay}. */
export interface WeakestDecayOptions {
  /** The path of the layer; `layers.0` if absent. */
  readonly layer?: string;
  /** The number K of units to decay. */
  readonly weakest: number;
  /** The factor on the sum of squares; 1e-4 if absent. */
  readonly weight?: number;
  /** The steps over which the factor rises from 0; none if absent. */
  readonly rampSteps?: number;
  /** Names the term; `weakestDecay` if absent. */
  readonly name?: string;
}

/** 1 for each of the K rows with the smallest sum of absolute values, over all matrices; `f32[rows, 1]`. */
const weakestRows = (matrices: readonly Tensor2D[], count: number): Tensor2D =>
  tidy(() => {
    const norms = addN(matrices.map(matrix => sum(abs(matrix), 1))) as Tensor1D;
    const { values } = topk(neg(norms), Math.min(count, norms.size));
    const limit = neg(slice(values as Tensor1D, values.size - 1, 1));
    return reshape(cast(lessEqual(norms, limit), 'float32'), [norms.size, 1]);
  });

/**
 * A term that decays the weights which read the K weakest units of a layer, those with the smallest outgoing L1 norm:
 *
 *     weight min(1, step / rampSteps) sum_(j among the K weakest) sum_o W_jo^2
 *
 * so that they can be removed later at little cost, while the others stay as they are: the targeted, ramped decay of
 * AIRe, arXiv:2510.23943. Which units are the weakest is decided anew in each step. It goes with any optimizer that
 * needs gradients alone.
 *
 * @throws RangeError when there is no such layer or a number is out of its range, TypeError when no matrix reads it
 */
export const weakestDecay = (field: Field, options: WeakestDecayOptions): ParameterTerm => {
  assertOptions('weakestDecay', options, { layer: 1, weakest: 1, weight: 1, rampSteps: 1, name: 1 });
  const { layer = 'layers.0', weakest, weight = 1e-4, rampSteps, name = 'weakestDecay' } = options;
  assertCount('weakestDecay: weakest', weakest);
  assertPositive('weakestDecay: weight', weight);
  if (rampSteps !== undefined) assertCount('weakestDecay: rampSteps', rampSteps);
  const names = readerNames('weakestDecay', field, layer);
  /** The choice of rows has no gradient. */
  const penalty = customGrad((...given) => {
    const [save] = given.slice(names.length) as readonly unknown[] as [(tensors: Tensor[]) => void];
    const matrices = given.slice(0, names.length) as Tensor2D[];
    const rows = weakestRows(matrices, weakest);
    save([rows, ...matrices]);
    return {
      value: addN(matrices.map(matrix => sum(mul(square(matrix), rows)))) as Scalar,
      gradFunc: (upstream: Scalar, saved: Tensor[]) => {
        const [chosen, ...values] = saved as [Tensor, ...Tensor[]];
        return values.map(matrix => mul(mul(matrix, chosen), mul(upstream, 2)));
      },
    };
  });
  return {
    name,
    weight,
    ...(rampSteps !== undefined && { weightSchedule: warmup(rampSteps) }),
    metrics: {},
    settings: { kind: 'weakest-decay', layer, weakest },
    assertLayout: layout => {
      for (const reader of names) layout.entry(reader);
    },
    loss: (flat, layout) => penalty(...names.map(reader => layout.tensor(flat, reader))) as Scalar,
  };
};
