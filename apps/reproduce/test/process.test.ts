/** @file The command as a process of its own: killed, stopped, and asked for what there is not. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRng } from '@neural-fields/core';
import { decodeSafetensors } from '@neural-fields/core/files';
import { emptyFolder, type Finished, jsonLines } from '@neural-fields/testing/programs';
import { picture, sound } from '@neural-fields/testing/small-files';
import { expect, onTestFinished, test } from 'vitest';
import { run, start } from './program.ts';

const small = [
  'siren-poisson-gradient',
  '--backend',
  'cpu',
  '--size',
  '12',
  '--hidden-features',
  '12',
  '--networks',
  'siren,relu-pe',
];
const command = (folder: string, ...more: string[]): string[] => [...small, '--steps', '60', '-o', folder, ...more];
const fitsOf = (cwd: string, folder: string): string => join(cwd, folder, 'siren-poisson-gradient', 'fits');

/** The bytes of the parameters of a fit. */
const parametersOf = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...decodeSafetensors(readFileSync(path)).tensors].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

/** The steps of a fit's curve, whole lines and nothing else. */
const curveOf = (cwd: string, folder: string, fit: string): number[] =>
  readFileSync(join(fitsOf(cwd, folder), `${fit}.curve.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line).step);

const everyStep = Array.from({ length: 60 }, (_, i) => i + 1);

/** The largest step that a run has reported of a fit; 0 when it has reported none. */
const lastStep = (finished: Pick<Finished, 'stdout'>, fit: string): number =>
  finished.stdout
    .split('\n')
    .flatMap(line =>
      line.startsWith(`{"event":"progress","fit":"${fit}"`) ? [Number(/"step":(\d+)/.exec(line)?.[1])] : [],
    )
    .reduce((most, step) => Math.max(most, step), 0);

test('runs that are killed at random moments go on, do nothing twice, and end with the bits and the curve of an unbroken one', async () => {
  const cwd = emptyFolder();
  expect(await run(command('whole'), { cwd })).toMatchObject({ code: 0 });

  // Checkpoints all the time, so that kills fall between the writes of a checkpoint and of the curve.
  const often = ['--checkpoint-every', '0.001', '--json'];
  const rng = createRng(7);
  const kills = 3;
  const finished = join(fitsOf(cwd, 'killed'), 'siren.safetensors');
  let siren: number | undefined;
  for (let i = 0; i < kills; i++) {
    const running = start(command('killed', ...often), { cwd });
    await running.saw(/"event":"(progress|done)"/);
    await delay(250 * rng.uniform());
    running.child.kill('SIGKILL');
    await running.finished;
    if (!existsSync(finished)) continue;
    siren ??= statSync(finished).mtimeMs;
    expect(statSync(finished).mtimeMs).toBe(siren);
  }
  // What a run that was killed while it wrote a file would leave, if nothing else cleaned it.
  const left = join(fitsOf(cwd, 'killed'), '.neural-fields-0123456789ab-0123456789ab-1-01234567.tmp');
  writeFileSync(left, '');
  utimesSync(left, 0, 0);
  const last = await run(command('killed', ...often), { cwd });
  expect(last.code).toBe(0);

  expect(readdirSync(fitsOf(cwd, 'killed')).sort()).toEqual(readdirSync(fitsOf(cwd, 'whole')).sort());
  for (const name of ['siren', 'relu-pe']) {
    const [killed, whole] = ['killed', 'whole'].map(folder =>
      parametersOf(join(fitsOf(cwd, folder), `${name}.safetensors`)),
    );
    expect(killed).toEqual(whole);
    expect(curveOf(cwd, 'killed', name)).toEqual(everyStep);
  }
});

test('a closed terminal and a reader that goes away stop it with exit codes that tell, and the same command goes on', async () => {
  const cwd = emptyFolder();
  const hungUp = start(command('out', '--json'), { cwd });
  await hungUp.saw(/"fit":"siren","step":3,/);
  hungUp.child.kill('SIGHUP');
  const first = await hungUp.finished;
  expect(first.code).toBe(129);
  expect(jsonLines(first).at(-1)).toEqual({ event: 'interrupted', folder: 'out' });

  const piped = start(command('out', '--json'), { cwd });
  await piped.saw(/"fit":"siren"/);
  piped.child.stdout?.destroy();
  expect((await piped.finished).code).toBe(141);

  const last = await run(command('out', '--json'), { cwd });
  expect(last.code).toBe(0);
  const begun = jsonLines(last).find(({ event }) => event === 'progress');
  expect(begun?.['resumedFrom'] ?? 60).toBeGreaterThan(lastStep(first, 'siren') - 1);
  for (const name of ['siren', 'relu-pe']) expect(curveOf(cwd, 'out', name)).toEqual(everyStep);
});

test('a disk that is full for a while costs neither a step of the curve nor the run', async context => {
  const cwd = emptyFolder();
  const disk = join(cwd, 'disk');
  mkdirSync(disk);
  const asRoot = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
  if (!asRoot('mount', '-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk))
    return context.skip('needs the right to mount a small file system');
  onTestFinished(() => void asRoot('umount', disk));
  const args = [...command('disk', '--json', '--checkpoint-every', '0.001'), '--steps', '300', '--networks', 'siren'];
  const running = start(args, { cwd });
  await running.saw(/"step":20,/);
  const ballast = join(disk, 'ballast');
  try {
    writeFileSync(ballast, new Uint8Array(1024 * 1024));
  } catch {
    // What fits has been written.
  }
  await running.saw(/warning: the checkpoint cannot be written/);
  await running.saw(/warning: the training curve is kept in memory/);
  rmSync(ballast);
  const { code, stderr } = await running.finished;
  expect(code).toBe(0);
  expect(stderr.match(/warning: /g)).toHaveLength(2);
  expect(curveOf(cwd, 'disk', 'siren')).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
});

test('Ctrl-C stops at a safe place with the exit code 130, and the same command goes on', async () => {
  const cwd = emptyFolder();
  const running = start(command('stopped', '--json'), { cwd });
  await running.saw(/"fit":"siren","step":3,/);
  running.child.kill('SIGINT');
  const stopped = await running.finished;
  expect(stopped.code).toBe(130);
  expect(jsonLines(stopped).at(-1)).toMatchObject({ event: 'interrupted' });
  const { code, stdout } = await run(command('stopped', '--json'), { cwd });
  expect(code).toBe(0);
  const first = jsonLines({ stdout }).find(({ event }) => event === 'progress');
  expect(first?.['resumedFrom']).toBeGreaterThan(0);
  expect(jsonLines({ stdout }).at(-1)).toMatchObject({ event: 'done', report: join('stopped', 'index.html') });
});

test('list names every experiment, where it comes from and its networks', async () => {
  const cwd = emptyFolder();
  const { code, stdout, stderr } = await run(['list'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^experiment +source +takes +networks\n/);
  expect(stdout).toMatch(/^siren-helmholtz-inversion +Sitzmann et al\. 2020.+ --data +siren siren-lbfgs tanh$/m);
  expect(stdout).toMatch(/^siren-poisson-gradient +Sitzmann et al\. 2020.+ siren relu-pe tanh$/m);
  const listed = jsonLines(await run(['list', '--json'], { cwd }));
  expect(listed.every(({ event, profiles }) => event === 'experiment' && typeof profiles === 'object')).toBe(true);
  expect(readdirSync(cwd)).toEqual([]);
});

test.each([
  [['siren-imagine'], 2, /there is no experiment 'siren-imagine'; did you mean 'siren-image'\?/],
  [['list', 'all'], 2, /list: it excludes the names of experiments/],
  [[], 2, /missing required argument/],
  [['siren-image', '--profile', 'slow'], 2, /Allowed choices are quick, paper/],
  [
    ['siren-image', '--networks', 'siren,transformer'],
    2,
    /siren-image has no network 'transformer'; it has siren, tanh/,
  ],
  [['siren-image', '--steps', '0'], 2, /It must be an integer of at least 1/],
  [['siren-audio', '--image', 'a.png'], 2, /--image: none of these experiments has it/],
  [['siren-image', '--image', 'b.png'], 1, /cannot read 'b\.png': there is no such file/],
  [['siren-image', '--image', 'sound.wav'], 1, /cannot read 'sound\.wav'/],
  [['siren-audio', '--audio', 'a.png'], 1, /cannot read 'a\.png'/],
  [
    ['siren-image', '--image', 'a.png', '--size', '99'],
    1,
    /a\.png: wanted a size of at most 12 x 10 pixels, got 99 x 83/,
  ],
  [['siren-helmholtz', '--data', 'a.png'], 2, /--data: none of these experiments has it/],
  [
    ['siren-helmholtz-inversion', '--data', 'a.png'],
    1,
    /cannot read 'a\.png': wanted a MATLAB file of version 5, got \d+ bytes that are none/,
  ],
  [['siren-wave', '--size', '1'], 2, /--size: wanted 2 to 1,000 for siren-wave, got 1/],
  [
    ['siren-image', '--hidden-features', '65536', '--networks', 'siren'],
    1,
    /a network of 12,[\d,]+ parameters needs about .* of memory, and .* are available; --hidden-features \d+ would fit/,
  ],
  [['siren-image', '-o', 'a.png/x'], 1, /cannot make the folder 'a\.png\/x'/],
])('%j ends with the code %i and one line', async (args, code, message) => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'a.png'), picture(12, 10));
  writeFileSync(join(cwd, 'sound.wav'), sound(400));
  const result = await run([...args, '--quiet', '--backend', 'cpu'], { cwd });
  expect(result).toMatchObject({ code, stdout: '' });
  expect(result.stderr).toMatch(message);
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('pictures and sounds of the user take the place of those that come with the program', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'a.png'), picture(16, 10));
  writeFileSync(join(cwd, 'sound.wav'), sound(60));
  const tiny = ['--steps', '2', '--hidden-features', '4', '--networks', 'siren', '--backend', 'cpu'];
  const fitted = await run(['siren-image', '--image', 'a.png', '--size', '8', ...tiny, '-o', 'picture'], { cwd });
  expect(fitted.code).toBe(0);
  expect(fitted.stderr).toContain('a.png: 16 x 10 pixels, grey, shrunk to 8 x 5 (bilinear, antialiased)');
  const observed = await run(['siren-audio', '--audio', 'sound.wav', '--size', '50', ...tiny, '-o', 'sound'], { cwd });
  expect(observed.code).toBe(0);
  expect(observed.stderr).toContain('sound.wav: the first 50 of 60 samples at 8000 Hz, one channel, loudest sample 1');

  const bytes = readFileSync(join(cwd, 'sound.wav'));
  writeFileSync(join(cwd, 'half.wav'), bytes.subarray(0, bytes.length / 2 - 2));
  const half = await run(['siren-audio', '--audio', 'half.wav', ...tiny, '--quiet', '-o', 'half'], { cwd });
  expect(half.code).toBe(0);
  expect(half.stderr).toMatch(/^warning: 'half\.wav': the file should have \d+ bytes of samples, but has \d+; .*\n$/);
  expect(readFileSync(join(cwd, 'half/siren-audio/index.html'), 'utf8')).toContain('the end may be missing');
});
