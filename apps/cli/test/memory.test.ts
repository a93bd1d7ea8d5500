import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { sphere } from '@neural-fields/shapes';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, start, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

/** Prints the largest resident set of the process, in kilobytes, when it ends. */
const reportMemory = `--import data:text/javascript,process.on('exit',()=>console.error('kilobytes',process.resourceUsage().maxRSS))`;

test('the memory of a render does not grow with its size', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { channels: 3 });
  await run(
    ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--hidden-features', '2', '--hidden-layers', '0', '--steps', '1'],
    {
      cwd,
    },
  );
  const megabytes = async (side: number): Promise<number> => {
    const args = [
      'render',
      'a.safetensors',
      '-o',
      `${side}.png`,
      '--size',
      `${side}x${side}`,
      '--backend',
      'wasm',
      '--quiet',
    ];
    const { code, stderr } = await start(args, { cwd, nodeOptions: reportMemory }).finished;
    expect(code).toBe(0);
    return Number(/kilobytes (\d+)/.exec(stderr)?.[1]) / 1000;
  };
  const [small, large] = [await megabytes(512), await megabytes(4096)];
  // The large one has 50 MB of samples as bytes, 201 MB as float32.
  expect(large - small).toBeLessThan(100);
  expect(large).toBeLessThan(400);
});

test('a mesh of 512 cells a side does not hold their grid, whose numbers alone are 537 MB', async () => {
  const cwd = emptyFolder();
  const { positions, normals = new Float32Array() } = sphere({ radius: 0.5 }).sample(500, createRng(1));
  const row = (i: number): string =>
    [...positions.subarray(3 * i, 3 * i + 3), ...normals.subarray(3 * i, 3 * i + 3)].join(' ');
  writeFileSync(join(cwd, 'ball.xyz'), Array.from({ length: 500 }, (_, i) => row(i)).join('\n'));
  const network = ['--backend', 'simd', '--hidden-features', '8', '--hidden-layers', '0', '--omega0', '4'];
  const settings = ['--batch', '300', '--learning-rate', '5e-3', '--steps', '150', '--preview-every', '0'];
  await run(['fit', 'ball.xyz', '-o', 'ball.safetensors', ...network, ...settings], { cwd });
  const args = ['mesh', 'ball.safetensors', '-o', 'ball.ply', '--resolution', '512', '--quiet'];
  const { code, stdout, stderr } = await start(args, { cwd, nodeOptions: reportMemory }).finished;
  expect(code).toBe(0);
  expect(stdout).toMatch(/[12],\d{3},\d{3} triangles, [\d,]+ points, closed, one part/);
  expect(Number(/kilobytes (\d+)/.exec(stderr)?.[1]) / 1000).toBeLessThan(680);
});
