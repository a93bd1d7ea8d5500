import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

const config: ViteUserConfig = tests({ globalSetup: './test/build-emulated-tiles.ts' });

export default config;
