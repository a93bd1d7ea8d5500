import { existsSync } from 'node:fs';
import type { ViteUserConfig } from 'vitest/config';
import { tests } from '../../vitest.base.ts';

/**
 * Debian's chromium includes SwiftShader, a software graphics card, and a Vulkan loader for it. Where it is installed,
 * the tests in Node use it; elsewhere they use the machine's graphics card.
 */
const chromium = '/usr/lib/chromium';
const driver = `${chromium}/vk_swiftshader_icd.json`;
if (existsSync(driver)) {
  process.env['VK_ICD_FILENAMES'] = driver;
  process.env['LD_LIBRARY_PATH'] = chromium;
}

const hasCard = existsSync(driver) || process.platform !== 'linux' || existsSync('/usr/share/vulkan/icd.d');
if (!hasCard && process.env['CI'])
  throw new Error(`the tests in Node must run where CI is set, but ${driver} does not exist`);
if (!hasCard) process.stderr.write(`skips the tests in Node that need a graphics card: ${driver} does not exist\n`);

/** Tests that need no graphics card. */
const withoutCard = [
  'test/wgsl/shaders.test.ts',
  'test/wgsl/ops/*.test.ts',
  'test/device/copy.test.ts',
  'test/field-jet/batches.test.ts',
  'test/field-jet/copies.test.ts',
  'test/field-jet/format.test.ts',
  'test/field-jet/plans.test.ts',
  'test/field-jet/regions.test.ts',
  'test/field-jet/ops/*.test.ts',
  'test/lavapipe.test.ts',
];

const config: ViteUserConfig = tests();
const [inNode] = config.test?.projects ?? [];
if (!hasCard && typeof inNode === 'object' && 'test' in inNode && inNode.test) inNode.test.include = withoutCard;

export default config;
