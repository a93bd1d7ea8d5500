/** @file How long a fit takes, and how good it has to be: --time, --until, --keep. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCheckpoint } from '@neural-fields/core';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { mergeSettings } from '../src/settings/fit-settings.ts';
import { formatGoal, parseGoal, parseTime } from '../src/settings/goals.ts';
import { run, start, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';
import '@tensorflow/tfjs-backend-cpu';

test('goals and times are read with their units', () => {
  expect(['40dB', '32.5 db', '-3dB'].map(parseGoal)).toEqual([40, 32.5, -3].map(value => ({ value, unit: 'dB' })));
  expect(parseGoal('1e-3')).toEqual({ value: 1e-3, unit: undefined });
  expect(formatGoal(parseGoal('40DB'))).toBe('40dB');
  expect(['30', '30s', '0.5m', '2 min', '1h'].map(parseTime)).toEqual([30, 30, 30, 120, 3600]);
  for (const text of ['', 'dB', '40 metres', '4o dB', '40%'])
    expect(() => parseGoal(text)).toThrow('decibels such as 40dB, or a number');
  for (const text of ['', 's', '0', '-3s', '30x', '1e999']) expect(() => parseTime(text)).toThrow('such as 30s, 5m');
});

test('the later of steps and a time wins, and one place cannot have both', () => {
  expect(mergeSettings({ steps: 9 }, { time: 30 })).not.toHaveProperty('steps');
  expect(mergeSettings({ time: 30 }, { steps: 9 })).not.toHaveProperty('time');
  expect(() => mergeSettings({}, { steps: 9, time: 30 })).toThrow('--time: it excludes --steps');
});

test('--time decides the number of steps once: a resumed run has the same, and repeats by its settings', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 60, height: 60 });
  const args = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--time', '20s', '--checkpoint-every', '0.01'];
  const running = start([...args, '--json'], { cwd });
  await running.saw(/"event":"progress","step":3,|"step":3,/);
  running.child.kill('SIGINT');
  const first = await running.finished;
  expect(first.code).toBe(130);
  const { steps } = decodeCheckpoint(readFileSync(join(cwd, 'a.safetensors.checkpoint')));
  expect(jsonLines(first)[0]).toMatchObject({ event: 'start', settings: { steps } });
  expect(jsonLines(first)[0]?.['settings']).not.toHaveProperty('time');
  const other = await run([...args.map(arg => (arg === '20s' ? '10s' : arg))], { cwd });
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toMatch(/is the checkpoint of another run: its time is 20 s, but this run's is 10 s/);
  const again = start([...args, '--json'], { cwd });
  await again.saw(/"event":"progress"/);
  again.child.kill('SIGINT');
  expect(jsonLines(await again.finished)[0]).toMatchObject({ event: 'start', settings: { steps } });
});

test('--until ends a fit that is good enough, and says so where it is not', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 8, height: 8 });
  const fit = ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '300', '--lr', '5e-3'];
  const reached = await run([...fit, '--until', '12dB'], { cwd });
  const step = Number(/--until 12dB is reached at step (\d+)\n/.exec(reached.stderr)?.[1]);
  expect(step).toBeGreaterThan(0);
  expect(step).toBeLessThan(300);
  expect(reached.stdout).toContain(` ${step} step`);
  const missed = await run([...fit, '--steps', '3', '--until', '90dB'], { cwd });
  expect(missed.code).toBe(0);
  expect(missed.stderr).toContain('warning: --until 90dB is not reached in 3 steps');
  const wrong = await run([...fit, '--until', '40'], { cwd });
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.stderr).toContain('decibels of the PSNR of an image, such as 40dB');
});

test('--until of a sound is its SNR', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav', { length: 60, sampleRate: 100 });
  const args = ['fit', 'a.wav', '-o', 'a.safetensors', ...tiny, '--omega0', '30', '--lr', '1e-2', '--steps', '500'];
  const { stderr, stdout } = await run([...args, '--until', '10dB'], { cwd });
  expect(stderr).toContain('--until 10dB is reached at step');
  expect(Number(/SNR ([\d.]+) dB/.exec(stdout)?.[1])).toBeGreaterThan(9.5);
});

test('a fit keeps its best parameters, unless the last ones are asked for', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 8, height: 8 });
  const psnr = async (...more: string[]): Promise<number> => {
    const args = [
      'fit',
      'a.png',
      '-o',
      'a.safetensors',
      ...tiny,
      '--steps',
      '150',
      '--optimizer',
      'adam',
      '--lr',
      '0.1',
      '--schedule',
      'constant',
    ];
    const lines = jsonLines(await run([...args, '--json', ...more], { cwd }));
    return lines.find(({ event }) => event === 'done')?.['psnr'] as number;
  };
  expect(await psnr()).toBeGreaterThan(await psnr('--keep', 'last'));
});
