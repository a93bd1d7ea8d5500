/** @file The spectrum of a field as a picture: beside the original's, and predicted beside measured. */
import '@tensorflow/tfjs-backend-cpu';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import { createField, encodeField, type FieldSpec, siren } from '@neural-fields/core';
import { periodicExtensions, tuner } from '@neural-fields/periodic-init';
import { decodeImage, encodeImage } from '@neural-fields/signals';
import { emptyFolder } from '@neural-fields/testing/programs';
import { wav } from '@neural-fields/testing/small-files';
import { setBackend } from '@tensorflow/tfjs-core';
import ndarray from 'ndarray';
import { expect, test } from 'vitest';
import { run } from './cli.ts';

const SIDE = 12;
const image = {
  kind: 'image',
  width: SIDE,
  height: SIDE,
  channels: 1,
  convention: 'pixel-centred',
  spans: [
    [-1, 1],
    [-1, 1],
  ],
  range: [-1, 1],
};
const size = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1 };

const writeField = async (path: string, spec: FieldSpec, signal: object = image): Promise<void> => {
  await setBackend('cpu');
  const field = createField(spec, { seed: 1, extensions: periodicExtensions });
  writeFileSync(path, await encodeField(field, { [SIGNAL_KEY]: JSON.stringify(signal) }));
  field.dispose();
};

const lastEvent = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) as string);

test('spectrum draws the original, the field, and for a periodic field the prediction beside the measurement', async () => {
  const cwd = emptyFolder();
  await writeField(join(cwd, 't.safetensors'), tuner({ ...size, maxFrequency: 3 }));
  const pixels = Float32Array.from({ length: SIDE * SIDE }, (_, i) => 0.5 + 0.4 * Math.sin(i));
  writeFileSync(join(cwd, 'p.png'), await encodeImage(ndarray(pixels, [SIDE, SIDE, 1]), { format: 'png' }));
  const args = ['spectrum', 't.safetensors', '-o', 's.png', '--size', '50', '--backend', 'cpu', '--json'];
  const { code, stdout } = await run([...args, '--source', 'p.png'], { cwd });
  expect(code).toBe(0);
  const { panels } = lastEvent(stdout);
  expect(panels).toEqual([
    'the original',
    'the field, over the picture',
    'the field, over one period',
    'predicted from its weights',
  ]);
  const drawn = await decodeImage(readFileSync(join(cwd, 's.png')));
  expect(drawn.shape).toEqual([50, 4 * 50 + 3 * 8, 3]);
  // Beyond the frequencies of the pixels the original's panel is blank: the ground, within an outline.
  const pixel = (panel: number, y: number, x: number): readonly number[] =>
    Array.from(
      { length: 3 },
      (_, c) => drawn.data[3 * (y * (drawn.shape[1] as number) + panel * 58 + x) + c] as number,
    );
  for (const [y, x] of [
    [0, 0],
    [5, 25],
    [44, 49],
  ] as const)
    for (const value of pixel(0, y, x)) expect(value).toBeCloseTo(0.5, 2);
  for (const panel of [0, 1]) for (const value of pixel(panel, 11, 25)) expect(value).toBeCloseTo(0.8, 2);
  // The colours of the prediction, on a logarithmic scale, are near those of the measurement.
  const width = drawn.shape[1] as number;
  const at = (panel: number, y: number, x: number): number => drawn.data[3 * (y * width + panel * 58 + x)] as number;
  let difference = 0;
  for (let y = 0; y < 50; y++) for (let x = 0; x < 50; x++) difference += Math.abs(at(2, y, x) - at(3, y, x)) / 2500;
  expect(difference).toBeLessThan(0.1);
});

test('spectrum draws other fields without a prediction, and refuses what is no picture', async () => {
  const cwd = emptyFolder();
  await writeField(join(cwd, 'n.safetensors'), siren(size));
  const args = (file: string): string[] => ['spectrum', file, '-o', 's.png', '--backend', 'cpu', '--json'];
  expect(lastEvent((await run(args('n.safetensors'), { cwd })).stdout).panels).toEqual(['the field, over the picture']);
  rmSync(join(cwd, 's.png'));
  await setBackend('cpu');
  const field = createField(siren(size), { seed: 0 });
  writeFileSync(join(cwd, 'bare.safetensors'), await encodeField(field));
  field.dispose();
  const refused = await run(args('bare.safetensors'), { cwd });
  expect(refused.code).toBe(1);
  expect(refused.stdout + refused.stderr).toContain(
    'the field of a picture or a sound, got a field that does not say what it',
  );
  expect(existsSync(join(cwd, 's.png'))).toBe(false);
});

test('spectrum draws a sound beside its field: a tone is a peak at its frequency in both', async () => {
  const cwd = emptyFolder();
  const [length, rate, tone] = [512, 8000, 1000];
  const audio = {
    kind: 'audio',
    length,
    channels: 1,
    sampleRate: rate,
    convention: 'corner-aligned',
    spans: [[-1, 1]],
    range: [-1, 1],
  };
  // sin(omega (t + 1)) on [-1, 1] is the tone: (length - 1) / rate seconds for two units of t.
  const omega = Math.PI * tone * ((length - 1) / rate);
  const sine = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 1, hiddenLayers: 0, omega0: omega });
  await setBackend('cpu');
  const parameters = {
    'layers.0.weight': Float32Array.of(1),
    'layers.0.bias': Float32Array.of(1),
    'layers.1.weight': Float32Array.of(0.5),
    'layers.1.bias': Float32Array.of(0),
  };
  const field = createField(sine, { parameters });
  writeFileSync(join(cwd, 'f.safetensors'), await encodeField(field, { [SIGNAL_KEY]: JSON.stringify(audio) }));
  field.dispose();
  const samples = Array.from({ length }, (_, i) => Math.round(16_384 * Math.sin((2 * Math.PI * tone * i) / rate)));
  writeFileSync(join(cwd, 'f.wav'), wav(samples));
  const args = [
    'spectrum',
    'f.safetensors',
    '--source',
    'f.wav',
    '-o',
    's.png',
    '--size',
    '64',
    '--backend',
    'cpu',
    '--json',
  ];
  const { code, stdout, stderr } = await run(args, { cwd });
  expect(code, stderr).toBe(0);
  expect(lastEvent(stdout).panels).toEqual(['the original', 'the field']);
  const drawn = await decodeImage(readFileSync(join(cwd, 's.png')));
  expect(drawn.shape).toEqual([64, 2 * 128 + 8, 3]);
  // The columns of a panel that are lit highest; 8 kHz are the whole width.
  const peak = (panel: number): number[] => {
    for (let y = 0; y < 64; y++) {
      const lit = Array.from({ length: 128 }, (_, x) => x).filter(
        x => (drawn.data[3 * (y * 264 + panel * 136 + x)] as number) > 0.5,
      );
      if (lit.length > 0) return lit;
    }
    return [];
  };
  for (const panel of [0, 1]) {
    expect(peak(panel).length).toBeGreaterThan(0);
    for (const x of peak(panel)) expect(Math.abs(x - (128 * tone) / rate)).toBeLessThanOrEqual(1);
  }
});
