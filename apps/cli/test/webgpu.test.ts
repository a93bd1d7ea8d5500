import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, it } from 'vitest';
import { run } from './cli.ts';
import { writePicture } from './examples.ts';

/** Debian's chromium brings a graphics card in software, and the Vulkan loader for it. */
const chromium = '/usr/lib/chromium';
const driver = join(chromium, 'vk_swiftshader_icd.json');
const dawn = join(fileURLToPath(new URL('../../../', import.meta.url)), 'packages/kernels-webgpu/node_modules/webgpu');

it('fits on the package webgpu of a folder that is named', async context => {
  if (!existsSync(driver)) {
    if (process.env['CI']) throw new Error(`the test must run where CI is set, but there is no ${driver}`);
    return context.skip(`needs ${driver}`);
  }
  process.env['VK_ICD_FILENAMES'] = driver;
  process.env['LD_LIBRARY_PATH'] = chromium;
  const folder = emptyFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(realpathSync(dawn), join(folder, 'node_modules/webgpu'));
  const picture = await writePicture(folder, 'disc.png');
  const fit = [
    'fit',
    picture,
    '-o',
    'field.safetensors',
    '--hidden-features',
    '16',
    '--hidden-layers',
    '1',
    '--steps',
    '30',
  ];
  const onGpu = await run([...fit, '--backend', 'webgpu', '--backend-from', '.'], { cwd: folder });
  expect(onGpu.stderr).toContain('backend webgpu: it was requested');
  expect(onGpu.code).toBe(0);
  const onSimd = await run([...fit, '--backend', 'simd', '-o', 'other.safetensors'], { cwd: folder });
  const quality = ({ stdout, stderr }: { stdout: string; stderr: string }): string | undefined =>
    /safetensors: .*PSNR ([\d.]+)/.exec(stdout + stderr)?.[1];
  expect(quality(onGpu)).toMatch(/^\d+\.\d+$/);
  expect(Math.abs(Number(quality(onGpu)) - Number(quality(onSimd)))).toBeLessThan(0.02);
});

it('says that the package webgpu is missing', async () => {
  const folder = emptyFolder();
  const picture = await writePicture(folder, 'disc.png');
  const { code, stderr } = await run(['fit', picture, '-o', 'field.safetensors', '--backend', 'webgpu'], {
    cwd: folder,
  });
  expect(code).toBe(1);
  expect(stderr).toContain('the package webgpu is not installed');
});
