import { fieldJetContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(() => fieldJetContract({ backend: 'native', exhaustive: true, manyPoints: 20_001 }));
