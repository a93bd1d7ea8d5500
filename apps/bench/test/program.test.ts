import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { emptyFolder } from './run-options.ts';

const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program, and sends it SIGINT when its standard error matches. */
const run = (args: readonly string[], interruptAt?: RegExp): Promise<Finished> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, waiting] = ['', '', true];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (waiting && interruptAt?.test(stderr)) {
        waiting = false; // a second signal would end it on the spot
        child.kill('SIGINT');
      }
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
  });

const tiny = ['--peers', 'cpu', '--widths', '8', '--supervisions', 'value'];

test('the program measures, and names its page', async () => {
  const output = join(emptyFolder(), 'new', 'folder');
  const { code, stdout, stderr } = await run(['speed', ...tiny, '--points', '64', '--rounds', '1', '--output', output]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `report ${join(output, 'report.md')}\npage ${join(output, 'index.html')}\n`,
  });
  expect(stderr).toMatch(/cpu: node .*, tfjs .*, 1 threads?\n/);
  expect(stderr).toMatch(/\nvalue, width 8, 64 points: cpu \d/);
});

test('when it is stopped, what was measured is written', async () => {
  const output = emptyFolder();
  const args = [...tiny, '--points', '64,65', '--rounds', '20000', '--output', output];
  // The second case would take long: it is stopped in the rounds of one of them.
  const { code, stderr } = await run(['speed', ...args], /cpu: node /);
  expect(code).toBe(130);
  expect(stderr).toContain('stopping; what was measured is written');
  expect(existsSync(join(output, 'index.html'))).toBe(true);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'))).toMatchObject({ complete: false });
});

test.each([
  [['--widths', '12'], 'Each must be a multiple of 8.'],
  [['--points', '0'], 'It must be an integer of at least 1.'],
  [['--points', '64,64'], '--widths and --points: a number is repeated'],
  [
    ['--peers', 'numpy'],
    'They must be among native, native-high, native-avx512, simd, pytorch, pytorch-whole, pytorch-compiled, jax, tensorflow, webgpu,',
  ],
  [['--profile', 'slow'], 'Allowed choices are quick, gpu, full.'],
])('%j is refused in one line', async (args, message) => {
  const { code, stderr } = await run(['speed', ...args]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^bench: .*\n$/);
  expect(stderr).toContain(message);
});

test('a folder that cannot be made is an error', async () => {
  const { code, stderr } = await run(['speed', ...tiny, '--output', '/dev/null/page']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench: cannot make the folder '\/dev\/null\/page'/);
});

test('a folder with files of others is left alone, unless that is wanted', async () => {
  const output = emptyFolder();
  writeFileSync(join(output, 'index.html'), 'mine');
  const args = ['speed', ...tiny, '--points', '64', '--rounds', '1', '--quiet', '--output', output];
  const { code, stderr } = await run(args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench: --output '.*': the folder has files that this program did not write/);
  expect(readFileSync(join(output, 'index.html'), 'utf8')).toBe('mine');
  expect(await run([...args, '--force'])).toMatchObject({ code: 0 });
  expect(readFileSync(join(output, 'index.html'), 'utf8')).toContain('<svg');
});
