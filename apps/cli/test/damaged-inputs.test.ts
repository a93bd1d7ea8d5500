import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

const fit = (file: string, ...more: string[]): string[] => [
  'fit',
  file,
  '-o',
  'x.safetensors',
  ...tiny,
  '--steps',
  '1',
  ...more,
];

test('a picture whose second half is missing is refused, or read with a warning', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'whole.jpg', { width: 64, height: 64, channels: 3 });
  const whole = readFileSync(join(cwd, 'whole.jpg'));
  const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
  const half = Buffer.concat([whole.subarray(0, (scan + whole.length) / 2), Buffer.from([0xff, 0xd9])]);
  writeFileSync(join(cwd, 'half.jpg'), half);
  const refused = await run(fit('half.jpg'), { cwd });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /cannot read 'half\.jpg': the JPEG image is incomplete: its coded data end in row \d of 8; --allow-damaged reads what can be read\n$/,
  );
  const read = await run(fit('half.jpg', '--allow-damaged', '--quiet'), { cwd });
  expect(read).toMatchObject({ code: 0 });
  expect(read.stderr).toMatch(/^warning: 'half\.jpg': the JPEG image is incomplete: .*; the readable part is used\n$/);
});

test('a sound from a pipe is read to its end, with a warning', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'pipe.wav', { length: 50 });
  const bytes = readFileSync(join(cwd, 'pipe.wav'));
  const data = bytes.indexOf('data');
  const end = data + 8 + bytes.readUInt32LE(data + 4);
  bytes.writeUInt32LE(0x7ffff000, data + 4);
  writeFileSync(join(cwd, 'pipe.wav'), bytes.subarray(0, end));
  const { code, stdout, stderr } = await run(fit('pipe.wav'), { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('a sound of 50 samples');
  expect(stderr).toContain("warning: 'pipe.wav': the file does not say how long the sound is");
});

test('what is larger than it may be is refused, and the message names the option', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 12, height: 10 });
  writeSound(cwd, 'a.wav', { length: 50 });
  const pixels = await run(fit('a.png', '--max-pixels', '119'), { cwd });
  expect(pixels).toMatchObject({ code: 1, stdout: '' });
  expect(pixels.stderr).toMatch(/wanted up to 119 pixels, got 12 x 10; --max-pixels reads more\n$/);
  const bytes = await run(fit('a.wav', '--max-bytes', '100'), { cwd });
  expect(bytes).toMatchObject({ code: 1, stdout: '' });
  expect(bytes.stderr).toMatch(/it has \d+ bytes, but at most 100 are allowed; --max-bytes reads more\n$/);
  expect(await run(fit('a.png', '--max-pixels', '120', '--max-bytes', '10000'), { cwd })).toMatchObject({ code: 0 });
  const other = await run(fit('a.wav', '--max-pixels', '10', '--quiet'), { cwd });
  expect(other).toMatchObject({
    code: 2,
    stderr: "neural-fields: --max-pixels: it is for images, and 'a.wav' is a sound\n",
  });
});
