import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '@neural-fields/core/files';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, start, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

const command = (...options: string[]): string[] => [
  'fit',
  'a.png',
  '-o',
  'a.safetensors',
  ...tiny,
  '--steps',
  '500',
  ...options,
];

/** Starts a fit and stops it after some steps. */
const stopped = async (cwd: string, signal: NodeJS.Signals, ...options: string[]): ReturnType<typeof run> => {
  const running = start(command(...options), { cwd });
  await running.saw(/step 50\//);
  running.child.kill(signal);
  return running.finished;
};

test('Ctrl-C writes a checkpoint that is a usable field, says how to go on, and the same command goes on', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const result = await stopped(cwd, 'SIGINT');
  expect(result).toMatchObject({ code: 130, stdout: '' });
  expect(result.stderr).toMatch(
    /stopped; the checkpoint is 'a\.safetensors\.checkpoint'\. Run the same command again to resume from there\.\n$/,
  );
  expect(existsSync(join(cwd, 'a.safetensors'))).toBe(false);

  const info = await run(['info', 'a.safetensors.checkpoint'], { cwd });
  expect(info.stdout).toMatch(/a checkpoint, .*\nrepresents {2}an image of 12 x 10 pixels, 1 channel\n/);
  const step = Number(/\nstep +(\d+)/.exec(info.stdout)?.[1]);
  expect(step).toBeGreaterThanOrEqual(50);
  const rendered = await run(['render', 'a.safetensors.checkpoint', '-o', 'a.png.png', '--backend', 'cpu'], { cwd });
  expect(rendered.stdout).toContain('12 x 10 pixels');

  const again = await run(command('--json'), { cwd });
  expect(again.code).toBe(0);
  const lines = jsonLines(again);
  expect(lines[0]).toMatchObject({ event: 'start', resumedFrom: step });
  expect(lines[1]).toMatchObject({ event: 'progress', step: step + 1 });
  expect(existsSync(join(cwd, 'a.safetensors.checkpoint'))).toBe(false);
});

test('SIGTERM does the same with its own exit code; --json says it too', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const running = start(command('--json'), { cwd });
  await running.saw(/"step":20,/);
  running.child.kill('SIGTERM');
  const result = await running.finished;
  expect(result).toMatchObject({ code: 143, stderr: '' });
  expect(jsonLines(result).at(-1)).toEqual({ event: 'interrupted', checkpoint: 'a.safetensors.checkpoint' });
});

test('twice Ctrl-C ends at once', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 160, height: 160 });
  // A step of many chunks, each of which takes long on this backend.
  const slow = ['fit', 'a.png', '-o', 'b.safetensors', '--backend', 'cpu', '--chunk-size', '500', '--steps', '3'];
  const running = start(slow, { cwd });
  await running.saw(/fits .* parameters/);
  const begun = performance.now();
  running.child.kill('SIGINT');
  await running.saw(/another Ctrl-C stops at once/);
  running.child.kill('SIGINT');
  const { code, signal } = await running.finished;
  // A shell shows 130 for both.
  expect([130, 'SIGINT']).toContain(code ?? signal);
  expect(performance.now() - begun).toBeLessThan(60_000);
  expect(existsSync(join(cwd, 'b.safetensors'))).toBe(false);
});

test('a checkpoint of another run is never overwritten unasked', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  await writePicture(cwd, 'other.png', { width: 9 });
  await stopped(cwd, 'SIGINT');
  const path = join(cwd, 'a.safetensors.checkpoint');
  const bytes = readFileSync(path);
  const refused = async (args: readonly string[], says: RegExp): Promise<void> => {
    const result = await run(args, { cwd });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr.trimEnd().split('\n').at(-1)).toMatch(says);
    expect(readFileSync(path).equals(bytes)).toBe(true);
  };
  const another =
    /'a\.safetensors\.checkpoint' is the checkpoint of another run: its (\w+) is .* but this run's is .*--restart to delete it/;
  await refused(command('--seed', '1'), another);
  await refused(command('--hidden-features', '9'), another);
  await refused(['fit', 'other.png', ...command().slice(2)], another);
  await refused(command('--no-resume'), /--no-resume: there is a checkpoint/);
  await refused(
    command('--steps', '2'),
    /^neural-fields: --steps 2: the checkpoint 'a\.safetensors\.checkpoint' is at step \d+ already/,
  );
  const anew = await run(command('--restart', '--seed', '1', '--steps', '5', '--json'), { cwd });
  expect(jsonLines(anew)[0]).toMatchObject({ resumedFrom: 0 });
  expect(anew.code).toBe(0);
});

test('a run of constant learning rate can be made longer', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const constant = ['--schedule', 'constant'];
  await stopped(cwd, 'SIGINT', ...constant);
  const longer = await run(command('--steps', '550', '--resume', ...constant), { cwd });
  const unbroken = await run(command('--steps', '550', '-o', 'whole.safetensors', ...constant), { cwd });
  expect([longer.code, unbroken.code]).toEqual([0, 0]);
  const parameters = (name: string): unknown => decodeSafetensors(readFileSync(join(cwd, name))).tensors;
  expect(parameters('a.safetensors')).toEqual(parameters('whole.safetensors'));
});
