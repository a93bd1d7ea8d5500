import type { ElementwiseOperation } from '@neural-fields/core/kernels';
import { isOwnActivation } from '../../wgsl/activations.ts';
import { activateJets } from '../../wgsl/ops/elementwise.ts';
import { activationBehind, padded } from '../field-program.ts';
import { overPoints } from './groups.ts';
import type { OperationKernels } from './operation-kernels.ts';

/** One dispatch forward. The operation that reads the result plans the backward pass, see `backward-plan.ts`. */
export const elementwise: OperationKernels<ElementwiseOperation> = {
  forward(operation, { program: { jet }, regions, register, points, fields, slotOf }) {
    const { inputs, outFeatures } = operation;
    const activation = activationBehind(operation);
    const learned = regions.learnedOf(operation);
    return [
      {
        shader: activateJets(activation, outFeatures, jet),
        ...overPoints({ points, fields, perField: isOwnActivation(activation) }, padded(outFeatures) / 4),
        bindings: {
          z: { slot: slotOf(inputs[0]) },
          ...(learned && { learnedParameters: learned }),
          h: { slot: slotOf(register) },
        },
      },
    ];
  },
  backward: () => [],
};
