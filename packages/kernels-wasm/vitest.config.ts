import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

/** These headers make a page cross-origin isolated, so that it may share memory between threads. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** It looks for growth of its process's memory, to which what other files leave behind would add. */
const alone = ['test/soak.test.ts'];

const config: ViteUserConfig = { ...tests({ isolate: false, alone }), server: { headers } };

export default config;
