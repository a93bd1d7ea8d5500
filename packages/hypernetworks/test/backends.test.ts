import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { nativeProblem } from '@neural-fields/kernels-native';
import { it } from 'vitest';
import { priorContract } from './backends.ts';

priorContract('simd');

if (nativeProblem === undefined) priorContract('native');
else it('runs on native', context => context.skip(nativeProblem));
