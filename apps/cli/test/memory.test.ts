import { expect, test } from 'vitest';
import { emptyFolder, run, start, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

/** Prints the largest resident set of the process, in kilobytes, when it ends. */
const reportMemory = `--import data:text/javascript,process.on('exit',()=>console.error('kilobytes',process.resourceUsage().maxRSS))`;

test('the memory of a render does not grow with its size', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { channels: 3 });
  await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--hidden-features', '2', '--hidden-layers', '0', '--steps', '1'], {
    cwd,
  });
  const megabytes = async (side: number): Promise<number> => {
    const args = ['render', 'a.safetensors', '-o', `${side}.png`, '--size', `${side}x${side}`, '--backend', 'wasm', '--quiet'];
    const { code, stderr } = await start(args, { cwd, nodeOptions: reportMemory }).finished;
    expect(code).toBe(0);
    return Number(/kilobytes (\d+)/.exec(stderr)?.[1]) / 1000;
  };
  const [small, large] = [await megabytes(512), await megabytes(4096)];
  // The large one has 50 MB of samples as bytes, 201 MB as float32.
  expect(large - small).toBeLessThan(100);
  expect(large).toBeLessThan(400);
});
