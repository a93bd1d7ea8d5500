/** @file Trains models of all kinds. */
import '@tensorflow/tfjs-backend-cpu';
import { modelsContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import '../../src/index.ts';

describe.each(['cpu', 'simd'])('models on %s', backend => modelsContract({ backend }));
