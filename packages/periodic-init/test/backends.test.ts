import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { nativeProblem } from '@neural-fields/kernels-native';
import { it } from 'vitest';
import { periodicLayerContract } from './backends.ts';

periodicLayerContract('simd');

if (nativeProblem === undefined) periodicLayerContract('native');
else it('runs on native', context => context.skip(nativeProblem));
