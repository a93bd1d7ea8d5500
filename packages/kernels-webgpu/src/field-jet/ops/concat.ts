import type { ConcatOperation } from '@neural-fields/core/kernels';
import { concatRows, partOfRows } from '../../wgsl/ops/concat.ts';
import { overRows } from './groups.ts';
import { inChunks } from './in-chunks.ts';
import type { OperationKernels } from './operation-kernels.ts';

/** The inputs, each with its first feature in the result. */
const partsOf = ({ inputs }: ConcatOperation, widths: readonly number[]) => {
  let offset = 0;
  return inputs.map(register => {
    const features = widths[register] as number;
    offset += features;
    return { register, features, offset: offset - features };
  });
};

/** Forward, one dispatch for several inputs at a time; backward, one for each. */
export const concat: OperationKernels<ConcatOperation> = {
  forward(operation, { program: { widths, blocks }, register, points, slotOf }) {
    const { outFeatures } = operation;
    return inChunks(partsOf(operation, widths)).map((parts, chunk) => ({
      shader: concatRows(outFeatures, parts, chunk > 0),
      ...overRows(blocks * points, outFeatures),
      bindings: {
        ...Object.fromEntries(parts.map((part, index) => [`x${index}`, { slot: slotOf(part.register) }])),
        result: { slot: slotOf(register) },
      },
    }));
  },
  backward(operation, { program: { widths, blocks }, points, upstream, into }) {
    return partsOf(operation, widths).flatMap(part => {
      const target = into(part.register);
      if (target === undefined) return [];
      return [
        {
          shader: partOfRows(operation.outFeatures, part, target.accumulates),
          ...overRows(blocks * points, part.features),
          bindings: { source: { slot: upstream }, result: { slot: target.slot } },
        },
      ];
    });
  },
};
