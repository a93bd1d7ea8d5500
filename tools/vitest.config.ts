import { tests } from '../vitest.base.ts';

export default tests({ testTimeout: 300_000, hookTimeout: 300_000 });
