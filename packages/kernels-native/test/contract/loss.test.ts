import { fieldLossContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(isBest => fieldLossContract({ backend: 'native', exhaustive: isBest, manyPoints: 40_000 }));
