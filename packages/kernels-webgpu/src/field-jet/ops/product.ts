import type { ProductOperation } from '@neural-fields/core/kernels';
import { backwardProduct, productOfJets } from '../../wgsl/ops/product.ts';
import { padded } from '../field-program.ts';
import { overPoints } from './groups.ts';
import type { OperationKernels } from './operation-kernels.ts';

/** One dispatch forward; backward, one for each factor. */
export const product: OperationKernels<ProductOperation> = {
  forward({ inputs: [left, right], outFeatures }, { program: { jet }, register, points, fields, slotOf }) {
    return [
      {
        shader: productOfJets(outFeatures, jet),
        ...overPoints({ points, fields }, padded(outFeatures) / 4),
        bindings: { left: { slot: slotOf(left) }, right: { slot: slotOf(right) }, h: { slot: slotOf(register) } },
      },
    ];
  },
  backward({ inputs: [left, right], outFeatures }, { program: { jet }, points, fields, upstream, slotOf, into }) {
    return [
      { factor: left, other: right },
      { factor: right, other: left },
    ].flatMap(({ factor, other }) => {
      const target = into(factor);
      if (target === undefined) return [];
      return [
        {
          shader: backwardProduct(outFeatures, jet, target.accumulates),
          ...overPoints({ points, fields }, padded(outFeatures) / 4),
          bindings: { other: { slot: slotOf(other) }, upstream: { slot: upstream }, result: { slot: target.slot } },
        },
      ];
    });
  },
};
