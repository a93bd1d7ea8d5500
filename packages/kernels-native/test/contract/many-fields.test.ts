import { manyFieldsContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet } from '../native-backend.ts';

onEachInstructionSet(isBest => manyFieldsContract({ backend: 'native', together: true, exhaustive: isBest }));
