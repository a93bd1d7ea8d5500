import { tablesContract } from '@neural-fields/kernel-contract';
import { beforeAll, describe } from 'vitest';
import { useSimd } from '../simd-backend.ts';

describe('gradients of tables', () => {
  beforeAll(async () => {
    await useSimd({ threads: 2 });
  });
  tablesContract({ backend: 'simd', useThreads: threads => useSimd({ threads }) });
});
