import type { SumOperation } from '@neural-fields/core/kernels';
import { sumOfRows } from '../../wgsl/ops/sum.ts';
import { overRows } from './groups.ts';
import { inChunks } from './in-chunks.ts';
import type { OperationKernels } from './operation-kernels.ts';

const termsOf = ({ inputs, coefficients }: SumOperation) =>
  inputs.map((register, index) => ({ register, coefficient: coefficients[index] as number }));

/** Forward, one dispatch for several inputs at a time; backward, one for each. */
export const sum: OperationKernels<SumOperation> = {
  forward(operation, { program: { blocks }, register, points, slotOf }) {
    const { outFeatures } = operation;
    return inChunks(termsOf(operation)).map((terms, chunk) => ({
      shader: sumOfRows(
        outFeatures,
        terms.map(({ coefficient }) => coefficient),
        chunk > 0,
      ),
      ...overRows(blocks * points, outFeatures),
      bindings: {
        ...Object.fromEntries(terms.map((term, index) => [`x${index}`, { slot: slotOf(term.register) }])),
        result: { slot: slotOf(register) },
      },
    }));
  },
  backward(operation, { program: { blocks }, points, upstream, into }) {
    const { outFeatures } = operation;
    return termsOf(operation).flatMap(({ register, coefficient }) => {
      const target = into(register);
      if (target === undefined) return [];
      return [
        {
          shader: sumOfRows(outFeatures, [coefficient], target.accumulates),
          ...overRows(blocks * points, outFeatures),
          bindings: { x0: { slot: upstream }, result: { slot: target.slot } },
        },
      ];
    });
  },
};
