import * as core from '@neural-fields/core';
import { coreActivations } from '@neural-fields/core/layers';
import { jetContract } from '@neural-fields/testing/contracts';
import '../../src/index.ts';

jetContract({ ...core, coreActivations }, 'simd');
