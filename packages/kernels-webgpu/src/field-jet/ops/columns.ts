import type { ColumnsOperation } from '@neural-fields/core/kernels';
import { addColumns, pickColumns, placesOfColumns } from '../../wgsl/ops/columns.ts';
import { overRows } from './groups.ts';
import type { OperationKernels } from './operation-kernels.ts';

/** One dispatch forward, and one in reverse. */
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
  reverse({ inputs: [input], outFeatures, columns: picked }, { program: { widths, blocks }, points, upstream, into }) {
    const target = into(input);
    if (target === undefined) return [];
    const inFeatures = widths[input] as number;
    return [
      {
        shader: addColumns(inFeatures, outFeatures, target.adds),
        ...overRows(blocks * points, inFeatures),
        bindings: {
          source: { slot: upstream },
          places: { values: placesOfColumns(picked, inFeatures) },
          result: { slot: target.slot },
        },
      },
    ];
  },
};
