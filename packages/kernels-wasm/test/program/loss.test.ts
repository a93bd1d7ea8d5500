/** @file Losses computed inside the kernel. */
import { fieldLossContract } from '@neural-fields/kernel-contract';
import { describe } from 'vitest';
import '../../src/index.ts';

describe('a pointwise loss', () => fieldLossContract({ backend: 'simd', exhaustive: true, manyPoints: 40_000 }));
