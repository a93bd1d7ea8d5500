import { modelsContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(() => modelsContract({ backend: 'native' }));
