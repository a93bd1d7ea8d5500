import { existsSync } from 'node:fs';
import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

/**
 * Debian's chromium brings SwiftShader, a graphics card in software, and the Vulkan loader for it. The processes of the tests in Node start with this
 * environment.
 */
const chromium = '/usr/lib/chromium';
const driver = `${chromium}/vk_swiftshader_icd.json`;
if (existsSync(driver)) {
  process.env['VK_ICD_FILENAMES'] = driver;
  process.env['LD_LIBRARY_PATH'] = chromium;
} else if (process.env['CI']) throw new Error(`the tests in Node must run where CI is set, but there is no ${driver}`);

const config: ViteUserConfig = tests();

export default config;
