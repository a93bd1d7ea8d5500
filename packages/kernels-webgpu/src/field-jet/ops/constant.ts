import type { ConstantOperation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { constantRows, sumOverPoints } from '../../wgsl/ops/constant.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { padded } from '../field-program.ts';
import { overRows } from './groups.ts';
import type { OperationKernels, ReversePlace } from './operation-kernels.ts';

/** The derivatives of the values that come back, added up over the points of each part. */
export const pointSums = (
  features: number,
  offset: number,
  { points, regions, share, upstream }: Pick<ReversePlace, 'points' | 'regions' | 'share' | 'upstream'>,
): Step => ({
  shader: sumOverPoints(features),
  sizes: { points, pointsPerPart: Math.ceil(points / share.parts), stride: regions.count, offset },
  bindings: { upstream: { slot: upstream }, parts: { slot: 'parts' } },
  groups: [Math.ceil(padded(features) / 4 / EACH_THREADS), 1, share.parts],
});

/** One dispatch forward, and one in reverse where the values are learned. */
export const constant: OperationKernels<ConstantOperation> = {
  forward({ outFeatures, values, column }, { program: { blocks }, regions, register, points, slotOf }) {
    const pitch = column === undefined ? 1 : (values.shape[1] as number);
    const { sizes, groups } = overRows(blocks * points, outFeatures);
    return [
      {
        shader: constantRows(outFeatures, { pitch, start: column ?? 0 }),
        sizes: { ...sizes, points },
        groups,
        bindings: { values: regions.bindingOf(values), h: { slot: slotOf(register) } },
      },
    ];
  },
  reverse(operation, place) {
    const offset = place.regions.gradients.get(operation)?.values;
    return offset === undefined ? [] : [pointSums(operation.outFeatures, offset, place)];
  },
};
