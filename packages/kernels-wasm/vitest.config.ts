import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

/** These headers make a page cross-origin isolated, so that it may share memory between threads. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const config: ViteUserConfig = { ...tests(), server: { headers } };

export default config;
