import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { entry, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

const execute = (program: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> =>
  spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', TERM: 'xterm', COLUMNS: '160' },
  });

test('on a terminal there is a bar with PSNR and the time left, and the cursor comes back', async context => {
  const cwd = emptyFolder();
  // util-linux's script runs a command on a pseudo-terminal.
  if (execute('script', ['--version'], cwd).status !== 0) return context.skip('needs the command script of util-linux');
  await writePicture(cwd, 'a.png');
  const command = [process.execPath, entry, 'fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '300'];
  const { status, stdout } = execute('script', ['-qec', command.join(' '), '/dev/null'], cwd);
  expect(status).toBe(0);
  expect(stdout).toMatch(/█+░+ step \d+\/300 {2}PSNR \d+\.\d\d dB {2}loss \S+ {2}\S+ steps\/s {2}\S+ s left/);
  expect(stdout).toMatch(/█{24} step 300\/300/);
  const [hidden, shown] = [stdout.lastIndexOf('\u001b[?25l'), stdout.lastIndexOf('\u001b[?25h')];
  expect(hidden).toBeGreaterThanOrEqual(0);
  expect(shown).toBeGreaterThan(hidden);
  expect(stdout.trimEnd()).toMatch(
    /a\.safetensors: an image of 12 x 10 pixels, 1 channel, PSNR \S+ dB, 300 steps in \S+ s$/,
  );
});
