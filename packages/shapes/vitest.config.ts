import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

const config: ViteUserConfig = tests({ isolate: false });

export default config;
