/** @file The loss of the terminal, of stdout and of stderr. */
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { entry, run, start, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

const fit = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '2000', '--batch', 'full'];
const resumes = async (cwd: string): Promise<void> => {
  expect(existsSync(join(cwd, 'a.safetensors'))).toBe(false);
  expect((await run(['info', 'a.safetensors.checkpoint'], { cwd })).stdout).toMatch(/a checkpoint/);
};

test('a terminal that closes stops a fit as Ctrl-C does', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const running = start(fit, { cwd });
  await running.saw(/step 200\//);
  running.child.kill('SIGHUP');
  const { code, stderr } = await running.finished;
  expect(code).toBe(129);
  expect(stderr).toMatch(/stopped; the checkpoint is 'a\.safetensors\.checkpoint'/);
  await resumes(cwd);
});

for (const name of ['stdout', 'stderr'] as const)
  test(`a reader that closes ${name} stops a fit as Ctrl-C does`, async () => {
    const cwd = emptyFolder();
    await writePicture(cwd, 'a.png');
    const running = start([...fit, ...(name === 'stdout' ? ['--json'] : [])], { cwd });
    await running.saw(/"step":20,|step 200\//);
    running.child[name]?.destroy();
    expect((await running.finished).code).toBe(141);
    await resumes(cwd);
  });

for (const [fd, name, args] of [
  [1, 'stdout', ['--json']],
  [2, 'stderr', []],
] as const)
  test(`a full disk under ${name} stops a fit, and the other stream says so`, async context => {
    if (!existsSync('/dev/full')) context.skip('this system has no /dev/full');
    const cwd = emptyFolder();
    await writePicture(cwd, 'a.png');
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [entry, ...fit, ...args], {
      cwd,
      stdio: ['ignore', fd === 1 ? full : 'pipe', fd === 2 ? full : 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (text += bytes.toString()));
    const code = await new Promise(resolve => child.on('close', resolve));
    expect(code).toBe(74);
    expect(text).toContain(`${name} cannot be written: there is no space left on the disk`);
    expect(existsSync(join(cwd, 'a.safetensors'))).toBe(false);
  });

test('a short result whose reader is gone says so by its exit code', async () => {
  const cwd = emptyFolder();
  const running = start(['--help'], { cwd });
  running.child.stdout?.destroy();
  expect([0, 141]).toContain((await running.finished).code);
});

test('what a terminal would obey in names and arguments is shown instead', async () => {
  const cwd = emptyFolder();
  const name = 'a\x1b[31m\nb\u202e\x9b.png';
  await writePicture(cwd, name);
  const shown = 'a\\x1b[31m\\nb\\u202e\\x9b.png';
  const good = await run(['fit', name, '-o', 'a.safetensors', ...tiny, '--steps', '2'], { cwd });
  expect(good.stderr).toContain(`${shown}: 12 x 10 pixels`);
  const bad = await run(['fit', `${name}x`, '-o', 'a.safetensors', ...tiny], { cwd });
  expect(bad.stderr).toContain(`cannot read '${shown}x'`);
  const unknown = await run(['fit', `--${name}`, '-o', 'a.safetensors'], { cwd });
  const json = await run(['fit', `${name}x`, '-o', 'a.safetensors', '--json'], { cwd });
  const info = await run(['info', name], { cwd });
  const obeyed = /(?!\n)[\p{Cc}\u202e]/u;
  for (const { stdout, stderr } of [good, bad, unknown, json, info]) expect(stdout + stderr).not.toMatch(obeyed);
});
