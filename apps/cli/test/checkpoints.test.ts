/** @file Checkpoints that are not quite what the run left: damaged, or made with another number of threads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { beforeEach, expect, test } from 'vitest';
import { run, start } from './cli.ts';
import { writePicture } from './examples.ts';

const fit = ['fit', 'a.png', '-o', 'a.safetensors', '--backend', 'simd', '--hidden-features', '8', '--steps', '3000'];

let cwd = '';
let path = '';
beforeEach(async () => {
  cwd = emptyFolder();
  path = join(cwd, 'a.safetensors.checkpoint');
  await writePicture(cwd, 'a.png');
  const running = start([...fit, '--json'], { cwd });
  await running.saw(/"event":"progress"/);
  running.child.kill('SIGTERM');
  expect(await running.finished).toMatchObject({ code: 143 });
});

/** Changes the bytes of the checkpoint, as latin1 text. */
const edit = (change: (text: string) => string): void => {
  const before = readFileSync(path, 'latin1');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(path, after, 'latin1');
};

test('of a run with other threads: goes on, and says that the results will differ by rounding', async () => {
  edit(text => text.replace(/(\\"threads\\":\\")\d/, '$19'));
  const { code, stderr } = await run([...fit, '--quiet'], { cwd });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^warning: the checkpoint was written in another environment \(threads 9, now \d+\): the results will differ by rounding .*\n$/,
  );
});

test('that are damaged are refused in one line that says what is wrong, and stay as they are', async () => {
  const whole = readFileSync(path);
  for (const [change, says] of [
    [text => text.slice(0, -100), /the tensors take \d+ bytes, the file ends after \d+ of them/],
    [text => `${text}more`, /4 more follow that belong to no tensor/],
    [text => text.slice(0, 5), /a file has at least 8 bytes, got 5/],
    [text => text.replace('"F32"', '"F3R"'), /dtype must be one of/],
    [text => text.replace('\\"history\\"', '\\"hastory\\"'), /the checkpoint is damaged/],
  ] as const satisfies readonly (readonly [(text: string) => string, RegExp])[]) {
    writeFileSync(path, whole);
    edit(change);
    const damaged = readFileSync(path);
    const { code, stdout, stderr } = await run(fit, { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const line = stderr.trimEnd().split('\n').at(-1) as string;
    expect(line).toMatch(
      /^neural-fields: 'a\.safetensors\.checkpoint' cannot be read as a checkpoint: .*; remove it, or name /,
    );
    expect(line).toMatch(says);
    expect(readFileSync(path).equals(damaged)).toBe(true);
  }
});
