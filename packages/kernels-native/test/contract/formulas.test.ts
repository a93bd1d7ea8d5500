import { formulasContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(() => formulasContract({ backend: 'native', exhaustive: true }));
