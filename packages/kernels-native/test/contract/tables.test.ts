import { tablesContract } from '@neural-fields/kernel-contract';
import { onEachInstructionSet, useNative } from '../native-backend.ts';

onEachInstructionSet((_, instructionSet) =>
  tablesContract({ backend: 'native', useThreads: threads => useNative({ threads, instructionSet }) }),
);
