import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeAudio, decodeImage } from '@neural-fields/signals';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { entry, run, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';

interface Piped {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the program with bytes as its stdin, and keeps the bytes of its stdout. */
const pipe = (args: readonly string[], cwd: string, input: Uint8Array): Promise<Piped> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { cwd, env: { ...process.env, NODE_OPTIONS: '' } });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => stdout.push(part));
    child.stderr.on('data', (part: Buffer) => stderr.push(part));
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') }),
    );
    // The program may refuse before it has read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });

test('a picture comes from stdin, and goes to stdout', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { channels: 3 });
  const fit = ['-o', 'a.safetensors', ...tiny, '--steps', '5'];
  const fitted = await pipe(['fit', '-', ...fit], cwd, readFileSync(join(cwd, 'a.png')));
  expect(fitted).toMatchObject({ code: 0 });
  expect(fitted.stdout.toString()).toMatch(/^a\.safetensors: an image of 12 x 10 pixels, 3 channels/);
  const field = readFileSync(join(cwd, 'a.safetensors'));
  const info = await pipe(['info', '-'], cwd, field);
  expect(info.stdout.toString()).toContain('represents  an image of 12 x 10 pixels, 3 channels');
  const rendered = await pipe(['render', '-', '-o', '-', '--backend', 'cpu'], cwd, field);
  expect(rendered.code).toBe(0);
  expect(rendered.stderr).toMatch(/\nstdout \(PNG\): 12 x 10 pixels in /);
  await run(['render', 'a.safetensors', '-o', 'b.png', '--backend', 'cpu'], { cwd });
  expect(rendered.stdout).toEqual(readFileSync(join(cwd, 'b.png')));
  expect((await decodeImage(new Uint8Array(rendered.stdout))).shape).toEqual([10, 12, 3]);
});

test('a sound goes to stdout as WAV', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav');
  await run(['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--steps', '2'], { cwd });
  const { code, stdout } = await pipe(
    ['render', 'a.safetensors', '-o', '-', '--backend', 'cpu'],
    cwd,
    new Uint8Array(),
  );
  expect(code).toBe(0);
  expect(decodeAudio(new Uint8Array(stdout)).samples.shape).toEqual([400, 1]);
});

test('what cannot go through a stream is refused', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const empty = await pipe(['fit', '-', '-o', 'a.safetensors', ...tiny], cwd, new Uint8Array());
  expect(empty).toMatchObject({ code: 1, stderr: 'neural-fields: cannot read stdin: it is empty\n' });
  const large = await pipe(['fit', '-', '-o', 'a.safetensors', '--max-bytes', '10'], cwd, new Uint8Array(1000));
  expect(large.code).toBe(1);
  expect(large.stderr).toContain('cannot read stdin: it has more than 10 bytes; --max-bytes reads more');
  const both = await pipe(['render', 'a.safetensors', '-o', '-', '--json'], cwd, new Uint8Array());
  expect(both.code).toBe(2);
  expect(both.stderr).toContain('--output -: it excludes --json');
});
