import { optimizersContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(() => optimizersContract({ backend: 'native', steps: 3 }));
