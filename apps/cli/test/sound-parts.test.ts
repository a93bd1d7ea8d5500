import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { type GivenSettings, mergeSettings } from '../src/settings/fit-settings.ts';
import { prepareAudio } from '../src/signals/prepare-audio.ts';
import type { PreparedSamples } from '../src/signals/prepared-samples.ts';
import { run, tiny } from './cli.ts';
import { writeSound } from './examples.ts';
import '@tensorflow/tfjs-backend-cpu';

/** A sound of 20 s at 100 Hz, prepared with some settings. */
const prepare = (given: GivenSettings = {}) => {
  const cwd = emptyFolder();
  writeSound(cwd, 'song.wav', { length: 2000, sampleRate: 100 });
  const bytes = new Uint8Array(readFileSync(join(cwd, 'song.wav')));
  return prepareAudio('song.wav', bytes, mergeSettings(given), { say: () => undefined });
};

test('five seconds in the middle of a longer sound are fitted, and it is said', async () => {
  const { description, points, notes } = await prepare();
  expect(description).toMatchObject({ length: 500, sampleRate: 100, offset: 750 });
  expect(points.size).toBe(500);
  expect(notes[1]).toBe(
    'fits the part from 0:07.5 to 0:12.5, 5.000 s of it (--duration all fits all of it, --start sets where)',
  );
});

test('a sound that is longer than a field learns by default has a warning that says what to do', async () => {
  expect((await prepare()).warnings).toEqual([]);
  expect((await prepare({ duration: 10 })).warnings).toEqual([]);
  expect((await prepare({ duration: 'all' })).warnings).toEqual([
    expect.stringMatching(/^20\.0 s are fitted, .*\(--start, --duration\), or raise --steps and --hidden-features$/),
  ]);
});

test('the options choose the part', async () => {
  expect((await prepare({ duration: 'all' })).description).not.toHaveProperty('offset');
  expect((await prepare({ preset: 'paper' })).description).toMatchObject({ length: 2000 });
  expect((await prepare({ start: 0 })).description).toMatchObject({ length: 500, offset: 0 });
  expect((await prepare({ start: 18, duration: 3 })).description).toMatchObject({ length: 200, offset: 1800 });
  const { description, notes } = await prepare({ duration: 2.5 });
  expect(description).toMatchObject({ length: 250, offset: 875 });
  expect(notes[1]).toBe('fits the part from 0:08.8 to 0:11.3, 2.500 s of it');
  await expect(prepare({ start: 20 })).rejects.toThrow("--start 20: 'song.wav' has only 20.000 s");
});

test('the targets are those of the part', async () => {
  const values = ({ points }: PreparedSamples, first: number): Float32Array =>
    points.draw(first, 100).targets?.['value'] ?? new Float32Array();
  const gain = ({ description: { range } }: PreparedSamples): number => range[1];
  const part = await prepare({ start: 3, duration: 1 });
  const whole = await prepare({ duration: 'all' });
  const expected = values(whole, 300).map(value => (value * gain(part)) / gain(whole));
  expect(Math.max(...values(part, 0).map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))))).toBeLessThan(
    1e-5,
  );
});

test('the field, info and the settings say which part it is', async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'song.wav', { length: 2000, sampleRate: 100 });
  const fit = ['fit', 'song.wav', '-o', 's.safetensors', ...tiny, '--steps', '2', '--start', '2', '--duration', '1.5'];
  const { stdout, stderr } = await run(fit, { cwd });
  expect(stdout).toMatch(/^s\.safetensors: a sound of 150 samples at 100 Hz \(1\.500 s from 2\.000 s\), 1 channel/);
  expect(stderr).toContain('fits the part from 0:02.0 to 0:03.5, 1.500 s of it\n');
  const [info] = jsonLines(await run(['info', 's.safetensors', '--json'], { cwd }));
  expect(info).toMatchObject({ signal: { offset: 200 }, run: { settings: { start: 2, duration: 1.5 } } });

  // The report compares the field with the same part.
  const report = (source: string): ReturnType<typeof run> =>
    run(['report', 's.safetensors', '--source', source, '--json', '--backend', 'cpu', '-o', 's.html'], { cwd });
  const same = await report('song.wav');
  expect(same).toMatchObject({ code: 0, stderr: '' });
  const [done] = jsonLines(same);
  expect(info).toMatchObject({ run: { psnr: expect.closeTo(done?.['psnr'] as number, 4) as number } });
  writeSound(cwd, 'short.wav', { length: 300, sampleRate: 100 });
  expect((await report('short.wav')).stderr).toMatch(
    /--source 'short\.wav': wanted a sound of 150 samples .*, got 300 samples/,
  );
});
