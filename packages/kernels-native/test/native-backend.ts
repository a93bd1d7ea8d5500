/** @file The backend in tests, with the kernels of every instruction set that this machine has. */
import '@tensorflow/tfjs-backend-cpu';
import { ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import {
  createNativeBackend,
  type NativeBackend,
  type NativeOptions,
  nativeInstructionSets,
  nativeProblem,
} from '../src/index.ts';

/** Replaces the registered backend by one with other settings. Its tensors are lost. */
export const useNative = async (options: NativeOptions): Promise<NativeBackend> => {
  const backend = await createNativeBackend(options);
  removeBackend('native');
  registerBackend('native', () => backend, 3);
  await setBackend('native');
  await ready();
  return backend;
};

/** Declares the tests of a file; where there are no native kernels, one that is skipped with the reason. */
export const withNative = (declare: () => void): void => {
  if (nativeProblem === undefined) declare();
  else it('native kernels', context => context.skip(nativeProblem));
};

/**
 * Declares tests for each instruction set, on a backend that has it.
 *
 * @param declare `isBest`: whether it is the one that the backend takes by itself
 */
export const onEachInstructionSet = (declare: (isBest: boolean) => void): void =>
  withNative(() => {
    for (const [index, instructionSet] of nativeInstructionSets.entries())
      describe(`with ${instructionSet}`, () => {
        beforeAll(async () => {
          await useNative({ threads: 2, instructionSet });
        });
        declare(index === 0);
      });
  });
