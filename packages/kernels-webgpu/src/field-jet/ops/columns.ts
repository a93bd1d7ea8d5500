import type { ColumnsOperation } from '@neural-fields/core/kernels';
import { addColumns, columnTargets, pickColumns } from '../../wgsl/ops/columns.ts';
import { overRows } from './groups.ts';
import type { OperationKernels } from './operation-kernels.ts';

/** One dispatch forward and one backward. */
export const columns: OperationKernels<ColumnsOperation> = {
  forward(
    { inputs: [input], outFeatures, columns: picked },
    { program: { widths, blocks }, register, points, slotOf },
  ) {
    return [
      {
        shader: pickColumns(widths[input] as number, outFeatures),
        ...overRows(blocks * points, outFeatures),
        bindings: {
          source: { slot: slotOf(input) },
          picked: { values: Uint32Array.from(picked) },
          result: { slot: slotOf(register) },
        },
      },
    ];
  },
  backward({ inputs: [input], outFeatures, columns: picked }, { program: { widths, blocks }, points, upstream, into }) {
    const target = into(input);
    if (target === undefined) return [];
    const inFeatures = widths[input] as number;
    return [
      {
        shader: addColumns(inFeatures, outFeatures, target.accumulates),
        ...overRows(blocks * points, inFeatures),
        bindings: {
          source: { slot: upstream },
          targets: { values: columnTargets(picked, inFeatures) },
          result: { slot: target.slot },
        },
      },
    ];
  },
};
