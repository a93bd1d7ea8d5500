import type { ConstantOperation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { constantRows, sumOverPoints } from '../../wgsl/ops/constant.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { isOwn, padded } from '../field-program.ts';
import type { GradientLocation } from '../regions.ts';
import { overRows } from './groups.ts';
import type { BackwardContext, OperationKernels } from './operation-kernels.ts';

/** Sums the gradient of the values over the points of each part. */
export const pointSums = (
  features: number,
  location: GradientLocation,
  { points, fields, groupOf, upstream }: Pick<BackwardContext, 'points' | 'fields' | 'groupOf' | 'upstream'>,
): Step => {
  const { own, offset } = location;
  const { slots, parts, stride } = groupOf(location);
  const fieldPoints = points / fields;
  const pointsPerPart = Math.ceil((own ? fieldPoints : points) / parts);
  return {
    shader: sumOverPoints(features, own),
    sizes: { points, pointsPerPart, stride, offset, fieldPoints, parts },
    bindings: { upstream: { slot: upstream }, parts: { slot: slots.parts } },
    groups: [Math.ceil(padded(features) / 4 / EACH_THREADS), 1, own ? fields * parts : parts],
  };
};

/** One dispatch forward, and one backward if the values are learned. */
export const constant: OperationKernels<ConstantOperation> = {
  forward({ outFeatures, values, column }, { program: { blocks }, regions, register, points, fields, slotOf }) {
    const pitch = column === undefined ? 1 : (values.shape[1] as number);
    const { sizes, groups } = overRows(blocks * points, outFeatures);
    return [
      {
        shader: constantRows(outFeatures, { pitch, start: column ?? 0, own: isOwn(values) }),
        sizes: { ...sizes, points, fieldPoints: points / fields },
        groups,
        bindings: { values: regions.bindingOf(values), h: { slot: slotOf(register) } },
      },
    ];
  },
  backward(operation, context) {
    const at = context.regions.gradients.get(operation)?.values;
    return at === undefined ? [] : [pointSums(operation.outFeatures, at, context)];
  },
};
