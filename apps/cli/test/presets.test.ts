import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertMemory } from '@neural-fields/app-kit';
import { networkMemory } from '@neural-fields/app-kit/fitting';
import { adam, createField, fieldFromData, fit, parameterLayout, siren, term } from '@neural-fields/core';
import { decodeFieldData } from '@neural-fields/core/files';
import { mse } from '@neural-fields/losses';
import { decodeImage, type PointSet, pixels } from '@neural-fields/signals';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { type GivenSettings, mergeSettings, type Settings } from '../src/settings/fit-settings.ts';
import { type DefaultsInput, settingsFor } from '../src/settings/presets.ts';
import { prepareAudio } from '../src/signals/prepare-audio.ts';
import { signalFromShape } from '../src/signals/prepare-shape.ts';
import { MEASURED, measureQuality } from '../src/signals/quality.ts';
import { run, tiny } from './cli.ts';
import { writePicture, writeSound } from './examples.ts';
import '@tensorflow/tfjs-backend-cpu';

test('fast takes Muon for a SIREN on an image, and Adam for everything else; paper takes what the paper says', () => {
  const fast: DefaultsInput = { preset: 'fast', hiddenLayers: 3 };
  const muon = settingsFor(fast, 'image', 16_385);
  expect(muon).toEqual({
    steps: 250,
    optimizer: 'muon',
    learningRates: { adam: 1e-3, muon: 4e-3, soap: 2e-3 },
    omega0: 30,
    schedule: 'cosine',
    batch: 16_384,
    sampling: 'stratified',
    weightScale: 1.5,
    keep: 'best',
    recoveries: 3,
  });
  expect(settingsFor({ ...fast, preset: 'balanced' }, 'image', 16_385)).toEqual({ ...muon, steps: 1000 });
  expect(settingsFor(fast, 'image', 16_384).batch).toBe('full');
  for (const other of [{ activation: { kind: 'relu' } }, { encoding: 'fourier' }, { hiddenLayers: 0 }])
    expect(settingsFor({ ...fast, ...other }, 'image', 16_385)).toMatchObject({ steps: 500, optimizer: 'adam' });
  expect(settingsFor(fast, 'audio', 16_385)).toMatchObject({ optimizer: 'adam', batch: 8192, sampling: 'random' });
  const paper: DefaultsInput = { preset: 'paper', hiddenLayers: 3 };
  expect(settingsFor(paper, 'image', 12e6)).toMatchObject({
    steps: 10_000,
    optimizer: 'adam',
    learningRates: { adam: 1e-4 },
    omega0: 30,
    schedule: 'constant',
    batch: 'full',
    keep: 'last',
    recoveries: 0,
  });
  expect(settingsFor(paper, 'audio', 12e6).steps).toBe(9000);
});

test('paper is plain Adam on all points, also where the loss jumps: no recovery, and the last parameters', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 8, height: 6 });
  const image = await decodeImage(readFileSync(join(cwd, 'a.png')), { channels: 'keep' });
  // At this rate the loss jumps to hundreds of times the first one.
  const [steps, learningRate] = [12, 3];
  const fitted = await run(
    ['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--preset', 'paper', '--lr', '3', '--steps', '12', '--json'],
    { cwd },
  );
  expect(fitted).toMatchObject({ code: 0, stderr: '' });
  const lines = jsonLines(fitted);
  const losses = lines.filter(({ event }) => event === 'progress').map(({ loss }) => loss as number);
  expect(Math.max(...losses)).toBeGreaterThan(100 * (losses[0] as number));
  expect(lines.filter(line => line['event'] === 'recovery' || line['kept'] !== undefined)).toEqual([]);
  const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 0 });
  const points = pixels(image, { convention: 'corner-aligned', range: [-1, 1] });
  const divergence = { spikeFactor: Number.POSITIVE_INFINITY };
  const options = { steps, optimizer: adam({ learningRate }), divergence };
  for await (const _ of fit(field, [term({ points, loss: mse() })], options));
  const own = decodeFieldData(readFileSync(join(cwd, 'a.safetensors')));
  expect(own.parameters.size).toBe(6);
  for (const [name, { data }] of own.parameters) expect(data).toEqual(await field.parameters[name]?.data());
  field.dispose();
  // The default recovers from such a jump.
  const fast = await run(
    ['fit', 'a.png', '-o', 'b.safetensors', ...tiny, '--optimizer', 'adam', '--lr', '3', '--steps', '12', '--json'],
    {
      cwd,
    },
  );
  expect(jsonLines(fast).some(({ event }) => event === 'recovery')).toBe(true);
});

test("paper has the authors' coordinates: sounds on [-100, 100], shapes that fill the box around their mean", async () => {
  const cwd = emptyFolder();
  writeSound(cwd, 'a.wav', { length: 50, sampleRate: 100 });
  const bytes = new Uint8Array(readFileSync(join(cwd, 'a.wav')));
  const settings = (given: GivenSettings = {}): Settings => mergeSettings({ preset: 'paper', ...given });
  const sound = await prepareAudio('a.wav', bytes, settings(), { say: () => undefined });
  expect(sound.description.spans).toEqual([[-100, 100]]);
  expect(Array.from(sound.points.draw(0, 50).coords).map(Math.round)).toEqual(
    Array.from({ length: 50 }, (_, i) => Math.round((200 * i) / 49 - 100)),
  );
  const cloud = {
    positions: Float32Array.of(0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2),
    normals: Float32Array.of(0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1),
  };
  const placed = (given?: GivenSettings): unknown => signalFromShape('a.xyz', cloud, settings(given)).description;
  // The mean is (1, 0.25, 0.5): centred coordinates are from -1 to 3, and one map takes them to -1 and 1.
  expect(placed()).toMatchObject({ similarity: { scale: 0.5, offset: [-1, -0.625, -0.75] } });
  expect(placed({ margin: 0.5 })).toMatchObject({ similarity: { scale: 0.25 } });
});

test('options come before the preset', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 100, height: 100 });
  const settings = async (...args: string[]): Promise<unknown> =>
    jsonLines(
      await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '1', '--json', ...args], { cwd }),
    )[0]?.['settings'];
  expect(await settings()).toMatchObject({ steps: 1, optimizer: 'muon', learningRate: 4e-3, batch: 'full' });
  expect(await settings('--preset', 'paper', '--schedule', 'cosine')).toMatchObject({
    learningRate: 1e-4,
    schedule: 'cosine',
    batch: 'full',
  });
});

test('the quality of a large signal is that of a part of its points, which is spread over all', async () => {
  const size = 3 * MEASURED + 1;
  const seen: number[] = [];
  const at: PointSet['at'] = numbers => {
    seen.push(...Array.from(numbers));
    const value = Float32Array.from(numbers, i => (i % 2) - 0.5);
    return { coords: new Float32Array(value.length), targets: { value } };
  };
  const points: PointSet = { inFeatures: 1, size, pointsPerStep: size, fixed: true, at, draw: () => at([]) };
  const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 2, hiddenLayers: 0 });
  const zeros = parameterLayout(spec).entries.map(({ name, shape }) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, data: new Float32Array(length) }] as const;
  });
  const field = fieldFromData({ spec, parameters: new Map(zeros) });
  const quality = await measureQuality(field, points);
  expect(quality).toMatchObject({ points: MEASURED, mse: 0.25 });
  expect(new Set(seen).size).toBe(MEASURED);
  expect(seen[0]).toBeLessThan(4);
  expect(seen.at(-1)).toBeGreaterThan(size - 5);
  field.dispose();
});

test('a network that does not fit into memory is refused, with what would fit', async () => {
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 1000, hiddenLayers: 3 });
  const estimate = networkMemory(spec, { hiddenFeatures: 1000, checkpoint: true });
  expect(() => assertMemory(estimate, estimate.bytes)).not.toThrow();
  expect(() => assertMemory(estimate, estimate.bytes / 4)).toThrow(
    /not enough memory: a network of 3,007,001 parameters needs about 258\.6 MB of memory, and 64\.7 MB are available; --hidden-features 500 would fit/,
  );
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const huge = await run(['fit', 'a.png', '-o', 'a.safetensors', '--hidden-features', '65536'], { cwd });
  expect(huge).toMatchObject({ code: 1, stdout: '' });
  expect(huge.stderr).toMatch(
    /a network of 12,8\d\d,\d{3},\d{3} parameters needs about .* --hidden-features \d+ would fit\n$/,
  );
});
