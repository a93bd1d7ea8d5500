import * as core from '@neural-fields/core';
import { jetContract } from '@neural-fields/testing/contracts';
import '../../src/index.ts';

jetContract(core, 'simd');
