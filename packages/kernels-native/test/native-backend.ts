/** @file The backend in tests, with the kernels of every instruction set that this machine has. */
import { fileURLToPath } from 'node:url';
import { createSimdBackend } from '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, it } from 'vitest';
import { loadBinary } from '../src/addon/load.node.ts';
import {
  createNativeBackend,
  NativeBackend,
  type NativeOptions,
  nativeInstructionSets,
  nativeProblem,
} from '../src/index.ts';
import { createMachine, type Precision } from '../src/machine.ts';

const registerAlone = async (backend: NativeBackend): Promise<void> => {
  removeBackend('native');
  registerBackend('native', () => backend, 3);
  await setBackend('native');
  await ready();
};

/** Replaces the registered backend by one with other settings. Its tensors are lost. */
export const useNative = async (options: NativeOptions): Promise<NativeBackend> => {
  const backend = await createNativeBackend(options);
  await registerAlone(backend);
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
export const onEachInstructionSet = (declare: (isBest: boolean, instructionSet: string) => void): void =>
  withNative(() => {
    for (const [index, instructionSet] of nativeInstructionSets.entries())
      describe(`with ${instructionSet}`, () => {
        beforeAll(async () => {
          await useNative({ threads: 2, instructionSet });
        });
        declare(index === 0, instructionSet);
      });
  });

/** The kernels of AMX on emulated tiles; a sentence where they are not built. */
const emulated = loadBinary({ path: fileURLToPath(new URL('../build/emulated/kernels.node', import.meta.url)) });

/**
 * Declares tests of the kernels of AMX on an emulation of its registers, which any x64 processor runs, and where the
 * processor has them, on the registers themselves.
 */
export const onTiles = (declare: (precision: Precision) => void): void => {
  const precisions = ['float32', 'high'] as const;
  if ('problem' in emulated) it('emulated AMX', context => context.skip(emulated.problem));
  else
    describe.each(precisions)('with emulated AMX, %s', precision => {
      beforeAll(async () => {
        const simd = await createSimdBackend({ threads: 2 });
        const machine = createMachine(emulated.addon, simd.kernels, { threads: 2, instructionSet: 'AMX', precision });
        await registerAlone(new NativeBackend(simd, machine, 'AMX', precision));
      });
      declare(precision);
    });
  if (!nativeInstructionSets.includes('AMX')) it('AMX', context => context.skip('this processor has no AMX'));
  else
    describe.each(precisions)('with AMX, %s', precision => {
      beforeAll(async () => {
        await useNative({ threads: 2, instructionSet: 'AMX', precision });
      });
      declare(precision);
    });
};
