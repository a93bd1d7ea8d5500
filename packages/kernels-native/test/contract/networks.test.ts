import { networksContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(() =>
  networksContract({
    backend: 'native',
    fuses: ['linear', 'elementwise', 'concat', 'sum', 'product', 'columns', 'constant', 'grid'],
    exhaustive: true,
  }),
);
