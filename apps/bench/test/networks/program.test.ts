import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { NetworkResults } from '../../src/networks/results.ts';
import { emptyFolder } from '../run-options.ts';

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Runs the built program, and sends it SIGINT when its standard error matches. */
const run = (
  args: readonly string[],
  interruptAt?: RegExp,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, waiting] = ['', '', interruptAt !== undefined];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (waiting && interruptAt?.test(stderr)) {
        waiting = false;
        child.kill('SIGINT');
      }
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
  });

const tiny = [
  ...['--tasks', 'picture', '--networks', 'siren,relu', '--size', '8', '--seeds', '2', '--backend', 'simd'],
  ...['--frequency-factors', '1', '--rates', '1e-3', '--budget', 'parameters=200,steps=8', '--evaluations', '2'],
];

test('networks are compared; a run that was stopped continues, and a finished one has nothing left to do', async () => {
  const output = emptyFolder();
  const stopped = await run(['networks', ...tiny, '--output', output], /relu, rate .*dB/);
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('stopping; finished fits are kept');
  const { code, stdout, stderr } = await run(['networks', ...tiny, '--output', output]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/\d+ fits? done before/);
  expect(stdout).toMatch(/^\| {2}\| picture: between the samples, dB \|\n\| --- \| --- \|\n\| siren \|/);
  expect(stdout).toContain(`page ${join(output, 'index.html')}\n`);
  const found = JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')) as NetworkResults;
  expect(found).toMatchObject({ complete: true, failures: [], absent: [] });
  expect(found.results.map(({ trial }) => `${trial.network} ${trial.seed}`)).toEqual([
    ...['siren 0', 'siren 1', 'relu 0', 'relu 1'],
  ]);
  expect(readFileSync(join(output, 'index.html'), 'utf8')).toContain('<h1>Networks of neural fields');
  // `quality --networks` is the same command.
  const again = await run(['quality', ...tiny, '--output', output]);
  expect(again.stderr).toContain('4 fits done before');
  expect(again.stdout).toBe(stdout);
});

test.each([
  [['--budget', 'steps=2,seconds=1'], 'It must have steps or seconds, not both.'],
  [['--budget', 'hours=2'], 'Parts must be parameters=<n>, steps=<n> or seconds=<n>.'],
  [['--tasks', 'poem'], 'They must be among picture, line-drawing, sound,'],
  [['--as-published', '--rates', '1'], '--as-published: it excludes --rates and --frequency-factors'],
])('%j is refused in one line', async (args, message) => {
  const { code, stderr } = await run(['networks', ...args]);
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
  expect(stderr).toContain(message);
});

test('a plan says what would be run', async () => {
  const { code, stdout } = await run(['networks', '--profile', 'full', '--plan', '--output', emptyFolder()]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^tasks: picture 64, .*\nnetworks: siren, .*\neach: about 20,000 parameters, 1,000 steps/);
  expect(stdout).toMatch(/about [\d,]+ fits; .* for the fits on a quiet machine with two cores\n$/);
});
