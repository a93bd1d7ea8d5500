import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

/** With these a page is cross-origin isolated: it may share memory among threads. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const config: ViteUserConfig = { ...tests(), server: { headers } };

export default config;
