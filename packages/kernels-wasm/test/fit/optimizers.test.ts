/** @file Trains with every optimizer. */
import '@tensorflow/tfjs-backend-cpu';
import { optimizersContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import '../../src/index.ts';

describe.each(['cpu', 'simd'])('optimizers on %s', backend => optimizersContract({ backend }));
