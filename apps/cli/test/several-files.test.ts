import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, start, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

const quick = [...tiny, '--steps', '2'];

test('several files and folders become fields in one folder; one that fails does not stop the others', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  writeFileSync(join(cwd, 'broken.png'), 'no picture');
  mkdirSync(join(cwd, 'more'));
  await writePicture(join(cwd, 'more'), 'b.jpg');
  writeSound(join(cwd, 'more'), 'c.wav');
  writeFileSync(join(cwd, 'more', 'notes.txt'), 'not for fitting');
  const result = await run(['fit', 'a.png', 'broken.png', 'more', '-o', 'fields/', ...quick], { cwd });
  expect(result.code).toBe(1);
  expect(result.stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^fields\/a\.safetensors: an image /),
    expect.stringMatching(/^fields\/b\.safetensors: an image /),
    expect.stringMatching(/^fields\/c\.safetensors: a sound /),
    '3 of 4 files fitted; failed: broken.png',
  ]);
  expect(result.stderr).toMatch(/\nneural-fields: cannot read 'broken\.png': wanted PNG/);
  expect(result.stderr).not.toContain('unexpected error');
  for (const name of ['a', 'b', 'c']) expect(existsSync(join(cwd, 'fields', `${name}.safetensors`))).toBe(true);
  // The same to a folder that is there, as events.
  const events = jsonLines(await run(['fit', 'a.png', 'broken.png', '-o', 'fields', '--json', ...quick], { cwd }));
  expect(events.filter(({ event }) => event === 'error')).toEqual([
    {
      event: 'error',
      file: 'broken.png',
      message: expect.stringContaining("cannot read 'broken.png': ") as string,
      what: "cannot read 'broken.png'",
      wanted: 'PNG, JPEG, WebP, AVIF, WAV, PLY, OBJ, STL or XYZ',
      got: expect.any(String) as string,
    },
  ]);
  expect(events.at(-1)).toEqual({ event: 'finished', fitted: 1, failed: ['broken.png'] });
});

test('inputs that would be written to one file are refused before any work', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  await writePicture(cwd, 'a.jpg');
  const refusal = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(['fit', ...args, ...quick], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  expect(await refusal('a.png', 'a.jpg', '-o', 'fields')).toContain(
    "'a.png' and 'a.jpg': both would be written to 'fields/a.safetensors'",
  );
  expect(existsSync(join(cwd, 'fields'))).toBe(false);
  expect(await refusal('a.png', 'a.jpg', '-o', 'a.safetensors')).toContain(
    "--output: wanted a folder for several inputs, got 'a.safetensors'",
  );
  expect(await refusal('a.png', '-', '-o', 'fields')).toContain('- (stdin): it can only be fitted alone');
  expect(await refusal('a.png', '-o', 'fields/', '--checkpoint', 'c')).toContain(
    '--checkpoint: it names one output, and several files are fitted; without it, each fit has',
  );
});

test('Ctrl-C stops all of them', async context => {
  if (process.platform === 'win32') return context.skip('needs signals');
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  await writePicture(cwd, 'b.png');
  const running = start(['fit', 'a.png', 'b.png', '-o', 'fields', ...tiny, '--steps', '1000000'], { cwd });
  await running.saw(/step \d+/);
  running.child.kill('SIGINT');
  const { code, stdout, stderr } = await running.finished;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain("the checkpoint is 'fields/a.safetensors.checkpoint'");
  expect(stderr).not.toContain('b.png');
});

test('a file of one fit is not one of the others: all have their own checkpoints and results', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  await writePicture(cwd, 'b.png', { width: 20 });
  expect((await run(['fit', 'a.png', 'b.png', '-o', 'all', ...quick], { cwd })).code).toBe(0);
  expect((await run(['fit', 'b.png', '-o', 'one.safetensors', ...quick], { cwd })).code).toBe(0);
  expect(readFileSync(join(cwd, 'all', 'b.safetensors'))).toEqual(readFileSync(join(cwd, 'one.safetensors')));
});

test('without --output, a field is named for its file, and is never overwritten', async () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, 'photos'));
  await writePicture(join(cwd, 'photos'), 'a.b.png');
  const fit = (...args: string[]) => run(['fit', 'photos/a.b.png', ...args, ...quick], { cwd });
  expect(await fit()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^a\.b\.safetensors: /) });
  expect(await fit()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("'a.b.safetensors': it exists; -o names another file for the field, --force"),
  });
  expect(await fit('--force')).toMatchObject({ code: 0 });
  expect((await run(['fit', 'photos', ...quick], { cwd })).stderr).toContain(
    '--output: it can only be left out for one file; -o names the folder of the fields',
  );
});
